/** Arrange what a search found. */
import type { Passage } from "../api/types";

export interface VideoHits {
  jobId: string;
  name: string;
  passages: Passage[];
}

/** Group passages by video. The video with the best passage comes first; in it, time decides. */
export function byVideo(passages: readonly Passage[]): VideoHits[] {
  const videos = new Map<string, VideoHits>();
  for (const passage of passages) {
    const { job_id: jobId, key } = passage;
    const video = videos.get(jobId) ?? { jobId, name: nameOf(key), passages: [] };
    video.passages.push(passage);
    videos.set(jobId, video);
  }
  for (const video of videos.values()) {
    video.passages.sort((one, other) => one.start_seconds - other.start_seconds);
  }
  return [...videos.values()];
}

/** Return the file's name: the key is `uploads/<folder>/<name>`. */
export function nameOf(key: string): string {
  return key.slice(key.lastIndexOf("/") + 1) || key;
}
