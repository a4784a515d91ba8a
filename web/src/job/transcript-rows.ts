/**
 * Arrange segments as the rows of the transcript: paragraphs and gaps.
 *
 * The rules are those of the result page (lifestream.rendering.page.turns): consecutive segments of
 * a speaker are a turn, a turn of a single word becomes an interjection in its neighbour, and long
 * turns are cut into paragraphs between sentences.
 */
import type { Segment, Speaker } from "../api/types";

const PARAGRAPH_CHARACTERS = 480;
const MIN_GAP_SECONDS = 1;

export interface Sentence {
  segment: Segment;
  /** True if it interrupts the turn of another speaker. */
  isInterjection: boolean;
}

export interface Paragraph {
  kind: "paragraph";
  speaker: string | null;
  /** True for the first paragraph of a turn, which names the speaker. */
  isTurn: boolean;
  sentences: Sentence[];
  start: number;
  /** How many characters it has, to estimate its height. */
  characters: number;
}

export interface Gap {
  kind: "gap";
  reason: GapReason;
  start: number;
  end: number;
}

/** `flagged`: text that was probably not said, and that no output shows. */
export type GapReason = "flagged" | "missing" | "loud";
export type Row = Paragraph | Gap;

export interface Span {
  start_seconds: number;
  end_seconds: number;
}

/** Return the segments that are shown. `areFlaggedShown` is the option `show_flagged` of the job. */
export function shownOf(segments: readonly Segment[], areFlaggedShown: boolean): Segment[] {
  return segments.filter((segment) => areFlaggedShown || !segment.flags?.length);
}

/** Return the rows of the shown segments in time order. A gap ends a turn. */
export function rowsOf(segments: readonly Segment[], gaps: readonly Gap[]): Row[] {
  const rows: Row[] = [];
  let done = 0;
  for (const gap of gaps) {
    const until = firstFrom(segments, gap.start, done);
    rows.push(...paragraphsOf(segments.slice(done, until)), gap);
    done = until;
  }
  return [...rows, ...paragraphsOf(segments.slice(done))];
}

function firstFrom(segments: readonly Segment[], seconds: number, start: number): number {
  let place = start;
  while (place < segments.length && (segments[place] as Segment).start_seconds < seconds) place++;
  return place;
}

/** Return the gaps in time order: what the quality report lists, and the segments left out. */
export function gapsOf(listed: readonly Gap[], segments: readonly Segment[]): Gap[] {
  const flagged = segments.filter((segment) => segment.flags?.length);
  return [...joined(flagged, "flagged"), ...listed].sort(inTime);
}

/** Return the gaps that the quality report lists, except for flagged text. */
export function listedGaps(report: { missing_text?: Span[]; loud_without_text?: Span[] }): Gap[] {
  return [
    ...joined(report.missing_text ?? [], "missing"),
    ...joined(report.loud_without_text ?? [], "loud"),
  ];
}

/** Return one gap for spans that are less than a second apart, unless it is shorter than that. */
function joined(spans: readonly Span[], reason: GapReason): Gap[] {
  const gaps: Gap[] = [];
  for (const { start_seconds: start, end_seconds: end } of spans) {
    const last = gaps.at(-1);
    if (last && start - last.end < MIN_GAP_SECONDS) last.end = Math.max(last.end, end);
    else gaps.push({ kind: "gap", reason, start, end });
  }
  return gaps.filter((gap) => gap.end - gap.start >= MIN_GAP_SECONDS);
}

function inTime(one: Gap, other: Gap): number {
  return one.start - other.start || one.end - other.end;
}

export function displayNames(speakers: readonly Speaker[]): Map<string, string> {
  return new Map(speakers.map((one) => [one.id, one.name || displayName(one.id)]));
}

/** Return `Speaker 1` for `SPEAKER_00`. */
function displayName(id: string): string {
  const number = /^SPEAKER_(\d+)$/.exec(id)?.[1];
  return number === undefined ? id : `Speaker ${Number(number) + 1}`;
}

/** Return a model's text with the names that people gave instead of ids. */
export function withNames(text: string, names: ReadonlyMap<string, string>): string {
  return text.replace(/\bSPEAKER_\d+\b/g, (id) => names.get(id) ?? id);
}

function paragraphsOf(segments: readonly Segment[]): Paragraph[] {
  return turnsOf(segments).flatMap(({ speaker, sentences }) =>
    cut(sentences).map((some, number) => ({
      kind: "paragraph" as const,
      speaker,
      isTurn: number === 0,
      sentences: some,
      start: some[0]?.segment.start_seconds ?? 0,
      characters: some.reduce((sum, one) => sum + one.segment.text.length + 1, 0),
    })),
  );
}

interface Turn {
  speaker: string | null;
  sentences: Sentence[];
}

function turnsOf(segments: readonly Segment[]): Turn[] {
  const turns: Turn[] = [];
  let waiting: Sentence[] = [];
  for (const said of bySpeaker(segments)) {
    const first = said[0] as Segment;
    const last = turns.at(-1);
    if (isOneWord(said)) {
      const isInterjection = first.speaker !== null;
      (last ? last.sentences : waiting).push({ segment: first, isInterjection });
    } else if (last && last.speaker === first.speaker) {
      last.sentences.push(...said.map(plainly));
    } else {
      turns.push({ speaker: first.speaker, sentences: [...waiting, ...said.map(plainly)] });
      waiting = [];
    }
  }
  const alone = waiting.map(({ segment }) => ({
    speaker: segment.speaker,
    sentences: [plainly(segment)],
  }));
  return turns.length ? turns : alone;
}

function bySpeaker(segments: readonly Segment[]): Segment[][] {
  const turns: Segment[][] = [];
  for (const segment of segments) {
    const last = turns.at(-1);
    if (last && last[0]?.speaker === segment.speaker) last.push(segment);
    else turns.push([segment]);
  }
  return turns;
}

/** The words of a segment that is too large for one answer are left out, so spaces are counted. */
function isOneWord(turn: readonly Segment[]): boolean {
  const [only] = turn;
  if (!only || turn.length > 1) return false;
  return only.words.length ? only.words.length === 1 : !/\s/.test(only.text.trim());
}

function plainly(segment: Segment): Sentence {
  return { segment, isInterjection: false };
}

function cut(sentences: readonly Sentence[]): Sentence[][] {
  const paragraphs: Sentence[][] = [[]];
  let characters = 0;
  for (const sentence of sentences) {
    if (characters >= PARAGRAPH_CHARACTERS) {
      paragraphs.push([]);
      characters = 0;
    }
    paragraphs.at(-1)?.push(sentence);
    characters += sentence.segment.text.length;
  }
  return paragraphs;
}
