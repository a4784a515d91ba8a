import { expect, test } from "vitest";
import { sentence } from "./sentence";

test.each([
  ["the file ends after 3 minutes", "The file ends after 3 minutes."],
  ["It is over. ", "It is over."],
  ["no key 'a.mp4'", "No key 'a.mp4'."],
  ["is it “over?”", "Is it “over?”"],
  ["<img src=x>", "<img src=x>."],
  ["𐐨 is a letter", "𐐀 is a letter."],
  ["", ""],
])("%j becomes %j", (cause, expected) => {
  expect(sentence(cause)).toBe(expected);
});
