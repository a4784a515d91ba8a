/** The words of a sentence as they are shown: with their times, and those marked that are unsure. */
import type { Segment } from "../api/types";

/** Words below this confidence are marked, as on the result page. */
export const LOW_CONFIDENCE = 0.5;

export interface ShownWord {
  text: string;
  start: number;
  isUnsure: boolean;
}

/** Return the words, each with the space before it. Without words, the text is one piece. */
export function shownWords(segment: Segment): ShownWord[] {
  if (!segment.words.length) {
    return [{ text: segment.text, start: segment.start_seconds, isUnsure: false }];
  }
  return segment.words.map((word, place) => ({
    text: place && !word.is_glued ? ` ${word.text}` : word.text,
    start: word.start_seconds,
    isUnsure: word.confidence < LOW_CONFIDENCE,
  }));
}

/** Return the words as few pieces of text: a long transcript would have too many elements. */
export function runsOf(words: readonly ShownWord[]): ShownWord[] {
  const runs: ShownWord[] = [];
  for (const word of words) {
    const last = runs.at(-1);
    if (last?.isUnsure === word.isUnsure) last.text += word.text;
    else runs.push({ ...word });
  }
  return runs;
}

/** Return when the word begins that has the character at an offset, in seconds. */
export function momentAt(words: readonly ShownWord[], offset: number): number {
  let end = 0;
  for (const word of words) {
    end += word.text.length;
    if (offset < end) return word.start;
  }
  return words.at(-1)?.start ?? 0;
}
