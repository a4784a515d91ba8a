/**
 * Arrange segments as the rows of the transcript: paragraphs and gaps.
 *
 * The rules are those of the result page (lifestream.rendering.page.turns): consecutive segments of
 * a speaker are a turn, a turn of a single word becomes an interjection in its neighbour, and long
 * turns are cut into paragraphs between sentences.
 */
import type { Segment, Speaker } from "../api/types";

const PARAGRAPH_CHARACTERS = 480;

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

/** Return the rows in time order. `areFlaggedShown` is the option `show_flagged` of the job. */
export function rowsOf(
  segments: readonly Segment[],
  gaps: readonly Gap[],
  areFlaggedShown: boolean,
): Row[] {
  const rows: Row[] = [];
  const left = [...gaps];
  let turn: Segment[] = [];
  const endTurns = () => {
    rows.push(...paragraphsOf(turn));
    turn = [];
  };
  for (const segment of segments) {
    while (left[0] && left[0].start <= segment.start_seconds) {
      endTurns();
      rows.push(left.shift() as Gap);
    }
    if (segment.flags?.length && !areFlaggedShown) {
      endTurns();
      addFlagged(rows, segment);
    } else turn.push(segment);
  }
  endTurns();
  return [...rows, ...left];
}

/** Return the gaps that the quality report lists, of at least a second, in time order. */
export function gapsOf(report: { missing_text?: Span[]; loud_without_text?: Span[] }): Gap[] {
  const listed: [readonly Span[], GapReason][] = [
    [report.missing_text ?? [], "missing"],
    [report.loud_without_text ?? [], "loud"],
  ];
  return listed
    .flatMap(([spans, reason]) =>
      spans.map((span) => ({
        kind: "gap" as const,
        reason,
        start: span.start_seconds,
        end: span.end_seconds,
      })),
    )
    .filter((gap) => gap.end - gap.start >= 1)
    .sort((one, other) => one.start - other.start);
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

function addFlagged(rows: Row[], segment: Segment): void {
  const last = rows.at(-1);
  const { start_seconds: start, end_seconds: end } = segment;
  if (last?.kind === "gap" && last.reason === "flagged") {
    rows[rows.length - 1] = { ...last, end: Math.max(last.end, end) };
  } else rows.push({ kind: "gap", reason: "flagged", start, end });
}

function paragraphsOf(segments: readonly Segment[]): Paragraph[] {
  return turnsOf(segments).flatMap(({ speaker, sentences }) =>
    cut(sentences).map((some, number) => ({
      kind: "paragraph" as const,
      speaker,
      isTurn: number === 0,
      sentences: some,
      start: some[0]?.segment.start_seconds ?? 0,
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
      (last ? last.sentences : waiting).push({ segment: first, isInterjection: true });
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
