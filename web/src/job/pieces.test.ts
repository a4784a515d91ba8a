import { expect, test } from "vitest";
import type { Segment } from "../api/types";
import { momentAt, runsOf, shownWords } from "./pieces";

const word = (text: string, start_seconds: number, confidence = 0.9, is_glued = false) => ({
  text,
  start_seconds,
  end_seconds: start_seconds + 0.5,
  confidence,
  is_glued,
});
const segment = (words: Segment["words"]): Segment => ({
  id: 1,
  start_seconds: 7,
  end_seconds: 9,
  speaker: null,
  text: "two words",
  words,
});

test("words have the space before them, unless they are glued", () => {
  const shown = shownWords(segment([word("send", 1), word("the", 2), word("-re", 3, 0.9, true)]));

  expect(shown.map((one) => one.text)).toEqual(["send", " the", "-re"]);
});

test("a segment without words is one piece that begins with it", () => {
  expect(shownWords(segment([]))).toEqual([{ text: "two words", start: 7, isUnsure: false }]);
});

test("unsure words are apart from the others", () => {
  const words = shownWords(
    segment([word("a", 1), word("b", 2), word("c", 3, 0.2), word("d", 4, 0.49), word("e", 5)]),
  );

  expect(runsOf(words).map((run) => [run.text, run.isUnsure])).toEqual([
    ["a b", false],
    [" c d", true],
    [" e", false],
  ]);
  expect(words).toHaveLength(5);
});

test("a click on a character plays its word", () => {
  const words = shownWords(segment([word("send", 1), word("the", 2), word("plan", 3)]));

  expect(momentAt(words, 0)).toBe(1);
  expect(momentAt(words, 3)).toBe(1);
  expect(momentAt(words, 5)).toBe(2);
  expect(momentAt(words, 99)).toBe(3);
  expect(momentAt([], 0)).toBe(0);
});
