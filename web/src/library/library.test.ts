import { expect, test } from "vitest";
import type { Api } from "../api/client";
import type { Job, JobStatus, Passage } from "../api/types";
import { jobAddress, routeOf } from "../app/router";
import { stepsOf } from "../job/steps";
import { bytes, dollars, percent, roughly } from "../parts/amounts";
import { byVideo } from "../search/hits";
import { forEach } from "./bulk";
import { JobFeed, merged } from "./job-feed";
import { mayBeCancelled, mayBeRedriven } from "./status";

function job(job_id: string, status: JobStatus = "QUEUED", more: Partial<Job> = {}): Job {
  return {
    job_id,
    key: `uploads/x/${job_id}.mp4`,
    file_name: `${job_id}.mp4`,
    status,
    current_step: null,
    attempt: 1,
    submitted_at: "2026-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
    options: {},
    progress: null,
    failure: null,
    has_results: false,
    switched_off: [],
    ...more,
  };
}

test("a page is added once, and replaces what is known", () => {
  const known = [job("a"), job("b")];

  expect(merged(known, [job("b", "FAILED"), job("c")], "end")).toMatchObject([
    { job_id: "a" },
    { job_id: "b", status: "FAILED" },
    { job_id: "c" },
  ]);
  expect(merged(known, [job("new"), job("a")], "start").map((one) => one.job_id)).toEqual([
    "new",
    "a",
    "b",
  ]);
});

/** An API with jobs of these names, in pages of two. The oldest job has the first name. */
function apiWith(names: string[]) {
  const GET = async (_path: string, { params }: { params: { query: Record<string, unknown> } }) => {
    const { order, cursor } = params.query;
    const all = (order === "oldest" ? names : names.toReversed()).map((name) => job(name));
    const start = Number(cursor ?? 0);
    const next = start + 2 < all.length ? String(start + 2) : null;
    const page = { jobs: all.slice(start, start + 2), next };
    return { data: page, response: new Response() };
  };
  return { GET } as unknown as Api;
}

test("new jobs are added where they belong", async () => {
  const names = ["a", "b", "c"];
  const feed = new JobFeed(apiWith(names), { group: "all", name: "", order: "oldest" });
  const shown = () => feed.feed.value.jobs.map((one) => one.job_id);
  await feed.more(true);
  names.push("d");

  await feed.refresh([]);
  expect(shown()).toEqual(["a", "b"]); // the next page has it

  await feed.more();
  names.push("e");
  await feed.refresh([]);
  expect(shown()).toEqual(["a", "b", "c", "d", "e"]);
});

test("a job that the newest page lacks has been deleted, unless it is older", () => {
  const at = (id: string, second: number) =>
    job(id, "SUCCEEDED", { submitted_at: `2026-01-01T00:00:0${second}Z` });
  const known = [at("d", 4), at("c", 3), at("b", 2), at("a", 1)];

  const left = merged(known, [at("d", 4), at("b", 2)], "start");

  expect(left.map((one) => one.job_id)).toEqual(["d", "b", "a"]);
  expect(merged(known, [], "start")).toHaveLength(4);
});

test("what may be done follows from the status", () => {
  expect(mayBeCancelled(job("a", "WAITING_FOR_GPU"))).toBe(true);
  expect(mayBeCancelled(job("a", "SUCCEEDED"))).toBe(false);
  expect(mayBeRedriven(job("a", "PARTIAL"))).toBe(true);
  expect(mayBeRedriven(job("a", "CANCELLED"))).toBe(false);
});

test("one failure does not stop the others", async () => {
  const done: number[] = [];

  const failed = await forEach([1, 2, 3, 4, 5], async (number) => {
    if (number === 2) throw new Error("no");
    done.push(number);
  });

  expect(done).toEqual([1, 3, 4, 5]);
  expect(failed.map((one) => one.item)).toEqual([2]);
});

test.each([
  ["/", "library"],
  ["/upload", "upload"],
  ["/search", "search"],
  ["/jobs/abc123", "job"],
  ["/jobs/", "unknown"],
  ["/jobs/a/b", "unknown"],
  ["/jobs/%3Cscript%3E", "unknown"],
  ["/elsewhere", "unknown"],
])("%s is the page %s", (path, page) => {
  expect(routeOf(path).page).toBe(page);
});

test("a link leads to a moment", () => {
  expect(jobAddress("abc", 83.7)).toBe("/jobs/abc?t=83");
  expect(jobAddress("abc")).toBe("/jobs/abc");
});

test("the steps of a failed job end with the one that failed", () => {
  const failure = { step: "TranscribeSpeech", error: "E", cause: "c", advice: "a" };
  const failed = job("a", "FAILED", { current_step: "TranscribeSpeech", failure });

  expect(stepsOf(failed).map((step) => step.state)).toEqual([
    "done",
    "done",
    "failed",
    "skipped",
    "skipped",
    "skipped",
  ]);
});

test("the steps of a running job show what is ahead, and those beside each other", () => {
  const running = job("a", "SUMMARIZING", { current_step: "SummarizeTranscript" });

  expect(stepsOf(running).map((step) => step.state)).toEqual([
    "done",
    "done",
    "done",
    "running",
    "running",
    "ahead",
  ]);
});

test("the steps of a job that is done leave out what is switched off", () => {
  const switched_off = [{ part: "summary" as const, reason: "no key" }];
  const done = job("a", "SUCCEEDED", { current_step: "RecordSuccess", switched_off });

  expect(stepsOf(done).map((step) => step.state)).toEqual([
    "done",
    "done",
    "done",
    "skipped",
    "done",
    "done",
  ]);
});

test("hits are grouped by video, the best one first, in time order", () => {
  const hit = (job_id: string, start_seconds: number, score: number): Passage => ({
    job_id,
    key: `uploads/f/${job_id}.mp4`,
    start_seconds,
    end_seconds: start_seconds + 1,
    speakers: [],
    text: "",
    score,
  });

  const videos = byVideo([hit("b", 50, 0.9), hit("a", 3, 0.8), hit("b", 10, 0.7)]);

  expect(videos.map((video) => video.name)).toEqual(["b.mp4", "a.mp4"]);
  expect(videos[0]?.passages.map((one) => one.start_seconds)).toEqual([10, 50]);
});

test("amounts are short", () => {
  expect(bytes(999)).toBe("999 B");
  expect(bytes(1_500_000)).toBe("1.5 MB");
  expect(bytes(52_000_000_000)).toBe("52 GB");
  expect(roughly(0.2)).toBe("1 s");
  expect(roughly(150)).toBe("3 min");
  expect(roughly(7_500)).toBe("2 h 5 min");
  expect([59.6, 3_599, 7_199].map(roughly)).toEqual(["1 min", "1 h", "2 h"]);
  expect(percent(0.999)).toBe("99 %");
  expect([0, 0.05123, 12.3].map(dollars)).toEqual(["$0", "$0.0512", "$12.30"]);
});
