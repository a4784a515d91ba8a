import { describe, expect, test } from "vitest";
import { Heights, nearest } from "./virtual";

function rows(count: number, height = 20): Heights {
  const heights = new Heights(() => height);
  heights.resize(count);
  return heights;
}

describe("the window of a list", () => {
  test("shows the rows in view and some more on both sides", () => {
    expect(rows(1000).window(400, 100, 3)).toEqual({ first: 17, end: 29 });
  });

  test("does not go beyond the list", () => {
    expect(rows(3).window(0, 600, 5)).toEqual({ first: 0, end: 3 });
    expect(rows(10).window(99_999, 100, 2)).toEqual({ first: 7, end: 10 });
  });

  test("is empty if there are no rows", () => {
    expect(rows(0).window(50, 100, 5)).toEqual({ first: 0, end: 0 });
    expect(rows(0).total).toBe(0);
  });
});

describe("heights", () => {
  test("move what comes after a row that was measured", () => {
    const heights = rows(100);

    expect(heights.measure(3, 50)).toBe(true);

    expect(heights.top(3)).toBe(60);
    expect(heights.top(4)).toBe(110);
    expect(heights.total).toBe(2030);
    expect(heights.at(109)).toBe(3);
    expect(heights.at(110)).toBe(4);
  });

  test("are no news if they are measured twice, or as estimated", () => {
    const heights = rows(5);

    expect(heights.measure(1, 20)).toBe(false);
    expect(heights.measure(1, 30)).toBe(true);
    expect(heights.measure(1, 30)).toBe(false);
    expect(heights.measure(99, 30)).toBe(false);
  });

  test("stay known when rows are added", () => {
    const heights = rows(2);
    heights.measure(0, 70);

    heights.resize(4);

    expect(heights.total).toBe(130);
    expect(heights.top(3)).toBe(110);
  });

  test("forget rows that are removed", () => {
    const heights = rows(10);
    heights.measure(9, 500);
    expect(heights.total).toBe(680);

    heights.resize(5);
    expect(heights.total).toBe(100);
    expect(heights.at(9_999)).toBe(4);
  });

  test("are estimated again after a reset", () => {
    const heights = rows(10);
    heights.measure(0, 500);

    heights.reset();

    expect(heights.total).toBe(200);
  });

  test("agree with a plain sum, whatever is measured in whichever order", () => {
    const heights = rows(300);
    const known = new Array(300).fill(20);
    for (let turn = 0; turn < 500; turn++) {
      const row = (turn * 7919) % 300;
      const height = 10 + ((turn * 31) % 90);
      heights.measure(row, height);
      known[row] = height;
      const until = (turn * 104_729) % 301;
      expect(heights.top(until)).toBe(known.slice(0, until).reduce((a, b) => a + b, 0));
    }
  });
});

test("a row is scrolled into the middle, and a tall one to the top", () => {
  const heights = rows(1000);
  heights.measure(500, 900);

  expect(heights.scrollTo(100, 400)).toBe(2000 - 190);
  expect(heights.scrollTo(500, 400)).toBe(10_000);
  expect(heights.scrollTo(0, 400)).toBe(0);
});

test("a row that has moved is found from where it was", () => {
  const rows = ["new", "a", "b", "c"];

  expect(nearest(1, rows.length, (row) => rows[row] === "b")).toBe(2);
  expect(nearest(3, rows.length, (row) => rows[row] === "new")).toBe(0);
  expect(nearest(9, rows.length, (row) => rows[row] === "c")).toBe(3);
  expect(nearest(2, rows.length, (row) => rows[row] === "gone")).toBe(2);
});
