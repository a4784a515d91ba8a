import { expect, test, vi } from "vitest";
import type { Api } from "../api/client";
import { followJob } from "./follow-job";

/** An API whose job changes with each request. */
function apiWith(...states: { status: string; attempt: number }[]): Api {
  const GET = async (path: string) => {
    const job = { job_id: "a", updated_at: "", ...states.shift() };
    const data = path.endsWith("/events") ? { job, is_changed: true } : job;
    return { data, response: new Response() };
  };
  return { GET } as unknown as Api;
}

async function seen(api: Api, attempt: number): Promise<string[]> {
  vi.stubGlobal("document", { hidden: false });
  const jobs: string[] = [];
  await followJob(api, "a", attempt, new AbortController().signal, (job) =>
    jobs.push(`${job.status} ${job.attempt}`),
  );
  return jobs;
}

test("a job is followed until it has ended", async () => {
  const api = apiWith({ status: "QUEUED", attempt: 1 }, { status: "FAILED", attempt: 1 });

  expect(await seen(api, 1)).toEqual(["QUEUED 1", "FAILED 1"]);
});

test("a redriven job is followed until its next attempt has ended", async () => {
  const api = apiWith(
    { status: "FAILED", attempt: 1 },
    { status: "QUEUED", attempt: 2 },
    { status: "SUCCEEDED", attempt: 2 },
  );

  expect(await seen(api, 2)).toEqual(["FAILED 1", "QUEUED 2", "SUCCEEDED 2"]);
});
