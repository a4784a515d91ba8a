/** What a status means for people, and what may be done about it. */
import type { Job, JobStatus } from "../api/types";

export type Tone = "waiting" | "running" | "good" | "warning" | "bad" | "ended";

export const TONES: Record<JobStatus, Tone> = {
  QUEUED: "waiting",
  INSPECTING: "running",
  EXTRACTING: "running",
  WAITING_FOR_GPU: "waiting",
  TRANSCRIBING: "running",
  SUMMARIZING: "running",
  INDEXING: "running",
  PUBLISHING: "running",
  SUCCEEDED: "good",
  PARTIAL: "warning",
  FAILED: "bad",
  CANCELLED: "ended",
};

export type Group = "all" | "running" | "done" | "failed" | "cancelled";

/** The statuses behind each choice of the filter. An empty list means all. */
export const GROUPS: Record<Group, readonly JobStatus[]> = {
  all: [],
  running: (Object.keys(TONES) as JobStatus[]).filter((status) => !isEnded(status)),
  done: ["SUCCEEDED", "PARTIAL"],
  failed: ["FAILED", "PARTIAL"],
  cancelled: ["CANCELLED"],
};

export function isEnded(status: JobStatus): boolean {
  return !["waiting", "running"].includes(TONES[status]);
}

export function mayBeCancelled(job: Job): boolean {
  return !isEnded(job.status);
}

export function mayBeRedriven(job: Job): boolean {
  return job.status === "FAILED" || job.status === "PARTIAL";
}
