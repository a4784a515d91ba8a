/** Prepare a transcript for the page, in slices: a long one must not hold up scrolling and typing. */
import type { Segment } from "../api/types";
import { TextSearch } from "../player/find";
import type { LoadedTranscript } from "./load-transcript";
import { displayNames, type Gap, gapsOf, type Row, rowsOf, shownOf } from "./transcript-rows";
import { type Voice, voicesOf } from "./voices";

/** A transcript as it is shown. */
export interface Arranged {
  language: string;
  durationSeconds: number;
  /** False while the rest is loaded. */
  isComplete: boolean;
  names: ReadonlyMap<string, string>;
  voices: readonly Voice[];
  rows: readonly Row[];
  index: SegmentIndex;
}

/** Where each segment is, in time order. */
export interface SegmentIndex {
  segments: readonly Segment[];
  starts: readonly number[];
  /** The row of each segment. */
  rows: readonly number[];
  rowOf: ReadonlyMap<number, number>;
  /** Return the ids of the segments that contain the text. */
  find: (wanted: string) => number[];
}

/** Raises the signal's reason. `listed`: the gaps of the quality report. */
export async function arrange(
  loaded: LoadedTranscript,
  listed: readonly Gap[],
  areFlaggedShown: boolean,
  signal: AbortSignal,
): Promise<Arranged> {
  const { speakers, duration_seconds: durationSeconds, language, isComplete } = loaded;
  const segments = shownOf(loaded.segments, areFlaggedShown);
  const gaps = gapsOf(listed, areFlaggedShown ? [] : loaded.segments);
  await pause(signal);
  const rows = rowsOf(segments, gaps);
  await pause(signal);
  const voices = voicesOf(speakers, segments, durationSeconds);
  await pause(signal);
  const index = indexOf(rows);
  const names = displayNames(speakers);
  await pause(signal);
  return { language, durationSeconds, isComplete, names, voices, rows, index };
}

/** Let the browser react to what happened meanwhile. */
async function pause(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  signal.throwIfAborted();
}

export function indexOf(rows: readonly Row[]): SegmentIndex {
  const segments: Segment[] = [];
  const places: number[] = [];
  const rowOf = new Map<number, number>();
  rows.forEach((row, place) => {
    if (row.kind === "gap") return;
    for (const { segment } of row.sentences) {
      segments.push(segment);
      places.push(place);
      rowOf.set(segment.id, place);
    }
  });
  const said = new TextSearch(() => segments.map((segment) => segment.text));
  return {
    segments,
    starts: segments.map((segment) => segment.start_seconds),
    rows: places,
    rowOf,
    find: (wanted) => said.find(wanted).map((place) => (segments[place] as Segment).id),
  };
}
