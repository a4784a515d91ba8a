import { describe, expect, test } from "vitest";
import { around, highlight, plain, TextSearch, termsOf } from "./find";

const marked = (text: string, ...terms: string[]) =>
  highlight(text, terms)
    .map((piece) => (piece.isHit ? `[${piece.text}]` : piece.text))
    .join("");

describe("highlights", () => {
  test("mark the words that begin with a term", () => {
    expect(marked("The plan, the planning and the airplane", "plan")).toBe(
      "The [plan], the [planning] and the airplane",
    );
  });

  test("ignore case and accents", () => {
    expect(marked("Ein CAFÉ in Zürich", "cafe", "zurich")).toBe("Ein [CAFÉ] in [Zürich]");
    expect(marked("Cafe\u0301!", "cafe")).toBe("[Cafe\u0301]!");
  });

  test("find terms within text that has no spaces", () => {
    expect(marked("明日の会議は中止です", "会議")).toBe("明日の[会議]は中止です");
  });

  test("keep the text as it is", () => {
    const text = "<b>Straße</b> ﬁne &amp; 👩‍👩‍👧 \u202eevil\u202c İstanbul";
    for (const terms of [[], ["strasse"], ["fine"], ["b"], ["istanbul"], [""]]) {
      expect(
        highlight(text, terms)
          .map((piece) => piece.text)
          .join(""),
      ).toBe(text);
    }
  });

  test("mark nothing without terms", () => {
    expect(highlight("hello", [])).toEqual([{ text: "hello", isHit: false }]);
    expect(highlight("", ["a"])).toEqual([]);
  });
});

test("the terms of a question leave out what every sentence has", () => {
  expect(termsOf("Who sends the Plan to Zürich, and when?")).toEqual(["sends", "plan", "zurich"]);
});

test("plain text has no accents and no capitals", () => {
  expect(plain("ÀÉ Ǆ")).toBe("ae dz");
});

describe("a search of sentences", () => {
  const said = new TextSearch(() => ["The café opens.", "It closes.", "Cafés are nice."]);

  test("returns the places of those that contain the text", () => {
    expect(said.find(" CAFE ")).toEqual([0, 2]);
    expect(said.find("zebra")).toEqual([]);
    expect(said.find(" ")).toEqual([]);
  });

  test("goes around at both ends", () => {
    expect([around(-1, 3), around(1, 3), around(3, 3)]).toEqual([2, 1, 0]);
  });
});
