import { describe, expect, test } from "vitest";
import { clock, lastBefore, momentIn } from "./clock";
import { commandOf } from "./keys";

test.each([
  [0, "0:00"],
  [83.9, "1:23"],
  [3_600, "1:00:00"],
  [43_199, "11:59:59"],
  [-1, "0:00"],
])("%d seconds are %s", (seconds, shown) => {
  expect(clock(seconds)).toBe(shown);
});

test.each([
  ["?t=83", 83],
  ["?a=1&t=1:23", 83],
  ["#t=1:02:03.5", 3_723.5],
  ["?t=", null],
  ["?at=83", null],
  ["", null],
])("the address %s asks for %s", (address, seconds) => {
  expect(momentIn(address)).toBe(seconds);
});

test("the last moment before a time is found", () => {
  expect(lastBefore([0, 5, 10], 7)).toBe(1);
  expect(lastBefore([0, 5, 10], 10)).toBe(2);
  expect(lastBefore([1], 0)).toBe(-1);
  expect(lastBefore([], 3)).toBe(-1);
});

describe("keys", () => {
  const press = (key: string, more = {}) => ({
    key,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    ...more,
  });

  test("play, skip and search", () => {
    expect(commandOf(press(" "), "page")).toEqual({ kind: "toggle" });
    expect(commandOf(press("j"), "page")).toEqual({ kind: "skip", seconds: -10 });
    expect(commandOf(press("ArrowRight"), "page")).toEqual({ kind: "skip", seconds: 5 });
    expect(commandOf(press("/"), "page")).toEqual({ kind: "find" });
    expect(commandOf(press("x"), "page")).toBeNull();
  });

  test("are text in a field, and the space bar presses a button", () => {
    expect(commandOf(press("k"), "field")).toBeNull();
    expect(commandOf(press(" "), "button")).toBeNull();
    expect(commandOf(press("k"), "button")).toEqual({ kind: "toggle" });
  });

  test("are the video's own if it has the focus, but for the letters", () => {
    expect(commandOf(press(" "), "video")).toBeNull();
    expect(commandOf(press("ArrowLeft"), "video")).toBeNull();
    expect(commandOf(press("j"), "video")).toEqual({ kind: "skip", seconds: -10 });
  });

  test("are the tabs' own if a tab has the focus, but for the others", () => {
    expect(commandOf(press("ArrowRight"), "tabs")).toBeNull();
    expect(commandOf(press(" "), "tabs")).toBeNull();
    expect(commandOf(press("/"), "tabs")).toEqual({ kind: "find" });
  });

  test("belong to the browser with a modifier", () => {
    expect(commandOf(press("l", { ctrlKey: true }), "page")).toBeNull();
  });
});
