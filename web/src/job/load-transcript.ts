/** Load a transcript in pages: the beginning at once, the rest beside it. */
import { type Api, answer } from "../api/client";
import type { Segment, TranscriptPage } from "../api/types";

const FIRST_PAGE = 200;
const PAGE = 1_000;
const PAGES_AT_ONCE = 3;
/** Every report arranges the whole transcript, so a burst of pages is reported once. */
const REPORT_MS = 300;

/** A page, as far as it has been loaded. `segments` are in time order. */
export interface LoadedTranscript extends Omit<TranscriptPage, "next"> {
  isComplete: boolean;
}

export async function loadTranscript(
  api: Api,
  jobId: string,
  signal: AbortSignal,
  onChange: (transcript: LoadedTranscript) => void,
): Promise<void> {
  const read = (after: number | null, limit: number) => {
    const query = { limit, words: true, ...(after === null ? {} : { after }) };
    const params = { path: { job_id: jobId }, query };
    return answer(api.GET("/v1/jobs/{job_id}/transcript", { params, signal }));
  };
  const first = await read(null, FIRST_PAGE);
  const segments = new Map(first.segments.map((segment) => [segment.id, segment]));
  const report = (isComplete: boolean) => {
    const { next: _, ...facts } = first;
    onChange({ ...facts, segments: inOrder(segments), isComplete });
  };
  report(first.next === null);
  if (first.next === null) return;

  let reportedAt = performance.now();
  const ranges = rangesAfter(first.next, first.segment_count);
  const work = async () => {
    for (let range = ranges.shift(); range; range = ranges.shift()) {
      for (let after: number | null = range.after; after !== null && after < range.last; ) {
        const page: TranscriptPage = await read(after, PAGE);
        for (const segment of page.segments) segments.set(segment.id, segment);
        after = page.next;
        if (performance.now() - reportedAt < REPORT_MS) continue;
        reportedAt = performance.now();
        report(false);
      }
    }
  };
  await Promise.all(Array.from({ length: PAGES_AT_ONCE }, work));
  report(true);
}

export interface Range {
  /** The id before the first one of the range. */
  after: number;
  /** The last id. A page may end earlier, because its bytes are limited; then the next one follows. */
  last: number;
}

/** Return the ranges of ids to load. Ids count up from 0, so a page is found without the one before. */
export function rangesAfter(after: number, count: number): Range[] {
  const ranges: Range[] = [];
  for (let start = after; start < count - 1; start += PAGE) {
    ranges.push({ after: start, last: Math.min(start + PAGE, count - 1) });
  }
  // If ids do not count up from 0 after all, the last range goes on to the end.
  const last = ranges.at(-1);
  if (last) last.last = Number.POSITIVE_INFINITY;
  else ranges.push({ after, last: Number.POSITIVE_INFINITY });
  return ranges;
}

function inOrder(segments: ReadonlyMap<number, Segment>): Segment[] {
  return [...segments.values()].sort((one, other) => one.id - other.id);
}
