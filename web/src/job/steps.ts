/** What happened to a job, step by step. The order is that of lifestream.step_names. */
import type { Job, StepRun } from "../api/types";
import { isEnded } from "../library/status";

export const STEPS = [
  "InspectVideo",
  "ExtractAudio",
  "TranscribeSpeech",
  "SummarizeTranscript",
  "IndexTranscript",
  "PublishResults",
] as const;

export type StepName = (typeof STEPS)[number];
/** `kept`: an earlier attempt did it. `stopped`: it was ended from outside. */
export type StepState = StepRun["state"] | "kept" | "skipped" | "ahead";

export interface ShownStep {
  name: StepName;
  state: StepState;
  /** When it ran; null if that is not known. */
  run: StepRun | null;
}

/** The parts that a deployment may have switched off, and the steps that make them. */
const SWITCHED: Partial<Record<StepName, string>> = {
  SummarizeTranscript: "summary",
  IndexTranscript: "index",
};

/** Summary and index run beside each other, so `current_step` names only one of the two. */
const BESIDE: Partial<Record<StepName, StepName>> = {
  SummarizeTranscript: "IndexTranscript",
  IndexTranscript: "SummarizeTranscript",
};

/** Return all steps. `runs` are those of the latest attempt; without them, the job tells how far it is. */
export function stepsOf(job: Job, runs: readonly StepRun[] = []): ShownStep[] {
  const reached = STEPS.indexOf(job.current_step as StepName);
  return STEPS.map((name, place) => {
    const run = runs.find(({ step }) => step === name) ?? null;
    const isSwitchedOff = job.switched_off.some((part) => part.part === SWITCHED[name]);
    if (isSwitchedOff) return { name, state: "skipped", run: null };
    if (run) return { name, state: run.state, run };
    const state = runs.length ? withoutRun(job, place, runs) : guessed(job, name, place, reached);
    return { name, state, run };
  });
}

function withoutRun(job: Job, place: number, runs: readonly StepRun[]): StepState {
  const isLaterRun = runs.some(({ step }) => STEPS.indexOf(step as StepName) > place);
  if (isLaterRun) return "kept";
  return isEnded(job.status) ? "skipped" : "ahead";
}

function guessed(job: Job, name: StepName, place: number, reached: number): StepState {
  const isOver = isEnded(job.status);
  if (job.failure?.step === name) return "failed";
  if (job.status === "SUCCEEDED" || (job.status === "PARTIAL" && place <= reached)) return "done";
  // After the last step, a job records its success, and `current_step` is none of these.
  if (reached < 0) return job.has_results ? "done" : isOver ? "skipped" : "ahead";
  if (!isOver && (place === reached || BESIDE[name] === STEPS[reached])) return "running";
  if (place < reached) return "done";
  return isOver ? "skipped" : "ahead";
}
