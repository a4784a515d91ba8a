import { describe, expect, test } from "vitest";
import type { Job, StepRun } from "../api/types";
import { duration } from "../parts/amounts";
import { STEPS, stepsOf } from "./steps";

function job(more: Partial<Job>): Job {
  return {
    job_id: "1",
    key: "uploads/talk.mp4",
    file_name: "talk.mp4",
    status: "TRANSCRIBING",
    current_step: "TranscribeSpeech",
    attempt: 1,
    submitted_at: "2026-11-23T10:00:00Z",
    updated_at: "2026-11-23T10:00:00Z",
    options: {},
    progress: null,
    failure: null,
    has_results: false,
    switched_off: [],
    ...more,
  } as Job;
}

function run(step: StepRun["step"], state: StepRun["state"]): StepRun {
  const ended = state === "running" || state === "stopped" ? null : "2026-11-23T10:00:05Z";
  return { step, state, started_at: "2026-11-23T10:00:00Z", ended_at: ended };
}

const states = (...given: Parameters<typeof stepsOf>) => stepsOf(...given).map((one) => one.state);
const done = (count: number) => STEPS.slice(0, count).map((step) => run(step, "done"));

describe("steps", () => {
  test("are guessed from the job while their times are not known", () => {
    const rest = ["ahead", "ahead", "ahead"];
    expect(states(job({}))).toEqual(["done", "done", "running", ...rest]);
  });

  test("are what the runs say", () => {
    const runs = [...done(2), run("TranscribeSpeech", "running")];
    expect(states(job({}), runs)).toEqual(["done", "done", "running", "ahead", "ahead", "ahead"]);
    expect(stepsOf(job({}), runs)[2]?.run?.ended_at).toBeNull();
  });

  test("that an earlier attempt did are not run again", () => {
    const runs = [run("InspectVideo", "done"), run("SummarizeTranscript", "running")];
    const now = job({ attempt: 2, current_step: "SummarizeTranscript" });
    expect(states(now, runs).slice(0, 4)).toEqual(["done", "kept", "kept", "running"]);
  });

  test("after the one that failed were not run", () => {
    const runs = [run("InspectVideo", "failed")];
    expect(states(job({ status: "FAILED" }), runs).slice(0, 2)).toEqual(["failed", "skipped"]);
  });

  test("that are switched off were not run, although their state was passed", () => {
    const off = [{ part: "summary", reason: "no key" }] as Job["switched_off"];
    const now = job({ status: "SUCCEEDED", switched_off: off });
    expect(states(now, done(6))[3]).toBe("skipped");
  });
});

test.each([
  [0.42, "0.4 s"],
  [59.4, "59 s"],
  [83, "1 min 23 s"],
  [7_530, "2 h 5 min"],
])("%d seconds took %s", (seconds, shown) => {
  expect(duration(seconds)).toBe(shown);
});
