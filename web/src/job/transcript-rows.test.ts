import { describe, expect, test } from "vitest";
import type { Segment } from "../api/types";
import arrangements from "./arrangements.json";
import { rangesAfter } from "./load-transcript";
import {
  displayNames,
  gapsOf,
  listedGaps,
  type Row,
  rowsOf,
  shownOf,
  withNames,
} from "./transcript-rows";
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

const shown = (segments: Segment[]) =>
  rowsOf(segments, []).map((row) =>
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
    );

    expect(rows.length).toBe(4);
    expect(rows.map((row) => row.kind === "paragraph" && row.isTurn)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  test("know how many characters they have", () => {
    expect(rowsOf([said("A", "one two")], [])).toMatchObject([{ characters: 8 }]);
  });
});

/** Of the files that `make docs` writes: the result page arranged these transcripts. */
type Case = (typeof arrangements)[number];

describe("a transcript is arranged as on the result page", () => {
  test.each(arrangements.map((one, number) => [number, one] as const))("case %d", (_, one) => {
    const all = one.segments.map(withWords);
    const segments = shownOf(all, one.show_flagged);
    const gaps = gapsOf(listedGaps(one), one.show_flagged ? [] : all);

    const voices = voicesOf(one.speakers, segments, one.duration_seconds);

    expect(turnsOf(rowsOf(segments, gaps))).toEqual(one.rows);
    expect(
      voices.map(({ id, number, share, lane }) => [id, number, Number(share.toFixed(6)), lane]),
    ).toEqual(one.voices);
  });

  function withWords(given: Case["segments"][number]): Segment {
    return said(given.speaker, given.text, given as Partial<Segment>);
  }

  /** Return rows in the form of the file: paragraphs of a turn together. */
  function turnsOf(rows: Row[]) {
    const turns: (string | number | null)[][] = [];
    for (const row of rows) {
      if (row.kind === "gap") turns.push([row.start, row.end]);
      else {
        if (row.isTurn) turns.push([row.speaker]);
        const ids = row.sentences.map(({ segment, isInterjection }) =>
          isInterjection ? `(${segment.id})` : `${segment.id}`,
        );
        turns.at(-1)?.push(ids.join(" "));
      }
    }
    return turns;
  }
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
