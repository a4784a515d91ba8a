/** What happened to a job, step by step. The order is that of lifestream.step_names. */
import type { Job } from "../api/types";
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
export type StepState = "done" | "running" | "failed" | "skipped" | "ahead";

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

export function stepsOf(job: Job): { name: StepName; state: StepState }[] {
  const reached = STEPS.indexOf(job.current_step as StepName);
  return STEPS.map((name, place) => ({ name, state: stateOf(job, name, place, reached) }));
}

function stateOf(job: Job, name: StepName, place: number, reached: number): StepState {
  const isOver = isEnded(job.status);
  if (job.failure?.step === name) return "failed";
  if (job.switched_off.some((part) => part.part === SWITCHED[name])) return "skipped";
  if (job.status === "SUCCEEDED" || (job.status === "PARTIAL" && place <= reached)) return "done";
  // After the last step, a job records its success, and `current_step` is none of these.
  if (reached < 0) return job.has_results ? "done" : isOver ? "skipped" : "ahead";
  if (!isOver && (place === reached || BESIDE[name] === STEPS[reached])) return "running";
  if (place < reached) return "done";
  return isOver ? "skipped" : "ahead";
}
