/** Follow a job until it has ended. */
import { type Api, answer, delay } from "../api/client";
import { isAborted, isNotFound } from "../api/problem";
import type { Job } from "../api/types";
import { isEnded } from "../library/status";

const WAIT_SECONDS = 20;
const HIDDEN_SECONDS = 5;
const AFTER_ERROR_SECONDS = 10;

/**
 * Call `onJob` for each change, until the job has ended and `attempt` has begun: a redrive answers
 * before its attempt has. Raises the error of the first request, or
 * `JobNotFoundError`.
 */
export async function followJob(
  api: Api,
  jobId: string,
  attempt: number,
  signal: AbortSignal,
  onJob: (job: Job) => void,
): Promise<void> {
  const path = { job_id: jobId };
  let job = await answer(api.GET("/v1/jobs/{job_id}", { params: { path }, signal }));
  onJob(job);
  while ((!isEnded(job.status) || job.attempt < attempt) && !signal.aborted) {
    if (document.hidden) {
      await delay(HIDDEN_SECONDS, signal);
      continue;
    }
    const query = { after: job.updated_at, wait: WAIT_SECONDS };
    try {
      const params = { path, query };
      const change = await answer(api.GET("/v1/jobs/{job_id}/events", { params, signal }));
      job = change.job;
      onJob(job);
    } catch (error) {
      if (isAborted(error) || isNotFound(error)) throw error;
      await delay(AFTER_ERROR_SECONDS, signal);
    }
  }
}
