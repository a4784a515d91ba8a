/** Who speaks when, and how much. As lifestream.rendering.page.drawings does it. */
import type { Segment, Speaker } from "../api/types";

const COLOURS = 8;
/** The width of a lane, whose height is 1. */
export const LANE_WIDTH = 1_000;

export interface Voice {
  id: string;
  /** Of the colour. */
  number: number;
  seconds: number;
  /** Of all speech, 0 to 1. */
  share: number;
  /** An SVG path. Its length does not grow with the recording. */
  lane: string;
}

/** Return the speakers who say something, in the order of their ids. */
export function voicesOf(
  speakers: readonly Speaker[],
  segments: readonly Segment[],
  durationSeconds: number,
): Voice[] {
  const said = new Map<string, Segment[]>(speakers.map((one) => [one.id, []]));
  for (const segment of segments) said.get(segment.speaker ?? "")?.push(segment);
  const seconds = new Map([...said].map(([id, own]) => [id, spoken(own)]));
  const total = spoken(segments) || 1;
  return speakers
    .map(({ id }, number) => ({
      id,
      number: number % COLOURS,
      seconds: seconds.get(id) ?? 0,
      share: (seconds.get(id) ?? 0) / total,
      lane: laneOf(said.get(id) ?? [], durationSeconds),
    }))
    .filter((voice) => voice.seconds > 0);
}

/** Return the path of the spans, in which each of the LANE_WIDTH steps is drawn at most once. */
export function laneOf(
  spans: readonly { start_seconds: number; end_seconds: number }[],
  durationSeconds: number,
): string {
  const scale = LANE_WIDTH / Math.max(durationSeconds, 0.001);
  const path: string[] = [];
  let drawn = 0;
  for (const span of spans) {
    const start = Math.max(Math.floor(span.start_seconds * scale), drawn);
    const end = Math.min(Math.max(Math.round(span.end_seconds * scale), start + 1), LANE_WIDTH);
    if (end <= start) continue;
    path.push(`M${start} 0H${end}V1H${start}z`);
    drawn = end;
  }
  return path.join("");
}

function spoken(segments: readonly Segment[]): number {
  return segments.reduce((sum, one) => sum + one.end_seconds - one.start_seconds, 0);
}
