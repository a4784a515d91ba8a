import { describe, expect, test } from "vitest";
import type { Segment } from "../api/types";
import { rangesAfter } from "./load-transcript";
import { displayNames, type Gap, gapsOf, rowsOf, withNames } from "./transcript-rows";
import { laneOf, voicesOf } from "./voices";

let time = 0;
function said(speaker: string | null, text: string, more: Partial<Segment> = {}): Segment {
  const start = time++;
  const words = text.split(" ").map((word) => ({
    text: word,
    start_seconds: start,
    end_seconds: start + 1,
    confidence: 0.9,
  }));
  const times = { start_seconds: start, end_seconds: start + 1 };
  return { id: start, speaker, text, words, flags: [], ...times, ...more };
}

const shown = (segments: Segment[], gaps: Gap[] = [], areFlaggedShown = false) =>
  rowsOf(segments, gaps, areFlaggedShown).map((row) =>
    row.kind === "gap"
      ? row.reason
      : `${row.speaker}: ${row.sentences.map(({ segment, isInterjection }) => (isInterjection ? `(${segment.text})` : segment.text)).join(" ")}`,
  );

describe("rows", () => {
  test("are turns: consecutive sentences of a speaker", () => {
    const rows = shown([said("A", "hello all"), said("A", "to begin"), said("B", "thank you")]);

    expect(rows).toEqual(["A: hello all to begin", "B: thank you"]);
  });

  test("do not break a turn for a single word of another speaker", () => {
    const rows = shown([said("A", "first we"), said("B", "Right."), said("A", "and then")]);

    expect(rows).toEqual(["A: first we (Right.) and then"]);
  });

  test("show a recording of a single word", () => {
    expect(shown([said("A", "Hello")])).toEqual(["A: Hello"]);
  });

  test("cut a long turn between sentences", () => {
    const rows = rowsOf(
      Array.from({ length: 20 }, () => said("A", "word ".repeat(20))),
      [],
      false,
    );

    expect(rows.length).toBe(4);
    expect(rows.map((row) => row.kind === "paragraph" && row.isTurn)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  test("leave out flagged text, unless the job shows it", () => {
    const segments = [
      said("A", "one two"),
      said("A", "thanks for watching", { flags: ["stock-phrase"] }),
      said("A", "bye bye", { flags: ["loop"] }),
      said("A", "three four"),
    ];

    expect(shown(segments)).toEqual(["A: one two", "flagged", "A: three four"]);
    expect(shown(segments, [], true)).toHaveLength(1);
  });

  test("have the gaps of the quality report in their place", () => {
    const segments = [said("A", "one two"), said("A", "three four")];
    const start = (segments[1] as Segment).start_seconds - 0.5;
    const gaps = gapsOf({
      missing_text: [{ start_seconds: start, end_seconds: start + 2 }],
      loud_without_text: [
        { start_seconds: 9_999, end_seconds: 10_002 },
        { start_seconds: 0, end_seconds: 0.4 },
      ],
    });

    expect(shown(segments, gaps)).toEqual(["A: one two", "missing", "A: three four", "loud"]);
  });
});

test("speakers have a name or a number", () => {
  const names = displayNames([{ id: "SPEAKER_00" }, { id: "SPEAKER_01", name: "Ada" }]);

  expect([...names.values()]).toEqual(["Speaker 1", "Ada"]);
  expect(withNames("SPEAKER_01 asks SPEAKER_00", names)).toBe("Ada asks Speaker 1");
});

describe("ranges of a transcript", () => {
  test("cover all ids after the first page", () => {
    expect(rangesAfter(199, 2_500)).toEqual([
      { after: 199, last: 1_199 },
      { after: 1_199, last: 2_199 },
      { after: 2_199, last: Number.POSITIVE_INFINITY },
    ]);
  });

  test("go on to the end, even if the ids are larger than the count", () => {
    expect(rangesAfter(5_000, 300)).toEqual([{ after: 5_000, last: Number.POSITIVE_INFINITY }]);
  });
});

describe("voices", () => {
  test("have their share of all speech", () => {
    const segments = [said("A", "x"), said("A", "x"), said("A", "x"), said("B", "x")];

    const voices = voicesOf([{ id: "A" }, { id: "B" }, { id: "C" }], segments, 100);

    expect(voices.map(({ id, share }) => [id, share])).toEqual([
      ["A", 0.75],
      ["B", 0.25],
    ]);
  });

  test("draw each step of a lane at most once", () => {
    const spans = Array.from({ length: 100_000 }, (_, second) => ({
      start_seconds: second / 2,
      end_seconds: second / 2 + 0.3,
    }));

    expect(laneOf(spans, 50_000).split("M").length).toBeLessThanOrEqual(1_001);
  });
});
