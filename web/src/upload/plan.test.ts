import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  checksumOf,
  EXTENSIONS,
  fileKey,
  missingParts,
  partsOf,
  refusalOf,
  Speed,
  storedBytes,
} from "./plan";

const MIB = 1 << 20;
const file = (name: string, size = 10, lastModified = 1_700_000_000_000) => ({
  name,
  size,
  lastModified,
});

describe("parts", () => {
  test("cover the file, and only the last one is smaller", () => {
    const parts = partsOf(40 * MIB + 5, 16 * MIB);

    expect(parts.map((part) => part.number)).toEqual([1, 2, 3]);
    expect(parts.map((part) => part.size)).toEqual([16 * MIB, 16 * MIB, 8 * MIB + 5]);
    expect(parts.at(-1)).toMatchObject({ start: 32 * MIB });
  });

  test("of a file that fits them exactly have the same size", () => {
    expect(partsOf(32 * MIB, 16 * MIB).map((part) => part.size)).toEqual([16 * MIB, 16 * MIB]);
  });
});

describe("an upload that goes on", () => {
  const parts = partsOf(40, 16);

  test("sends what S3 does not have", () => {
    const stored = [{ number: 2, size: 16, etag: "b" }];

    expect(missingParts(parts, stored).map((part) => part.number)).toEqual([1, 3]);
    expect(storedBytes(parts, stored)).toBe(16);
  });

  test("sends a part again whose size is wrong", () => {
    const stored = [{ number: 3, size: 16, etag: "c" }];

    expect(missingParts(parts, stored).map((part) => part.number)).toEqual([1, 2, 3]);
    expect(storedBytes(parts, stored)).toBe(0);
  });

  test("sends nothing if S3 has everything", () => {
    const stored = parts.map(({ number, size }) => ({ number, size, etag: "x" }));

    expect(missingParts(parts, stored)).toEqual([]);
    expect(storedBytes(parts, stored)).toBe(40);
  });
});

describe("the key of a file", () => {
  test("is the same for the same file, and fits a header", async () => {
    const key = await fileKey(file("Réunion 日本.mp4"));

    expect(key).toBe(await fileKey(file("Réunion 日本.mp4")));
    expect(key).toMatch(/^[0-9a-f]{64}$/);
  });

  test("is another one if name, size or time differ", async () => {
    const keys = await Promise.all(
      [file("a.mp4"), file("b.mp4"), file("a.mp4", 11), file("a.mp4", 10, 5)].map(fileKey),
    );

    expect(new Set(keys).size).toBe(4);
  });
});

describe("what may be uploaded", () => {
  test.each(["a.mp4", "A.MP4", "a.b.Ogg", "<img src=x>.mkv"])("%s", (name) => {
    expect(refusalOf(file(name))).toBeNull();
  });

  test.each([
    ["notes.txt", "type"],
    ["mp4", "type"],
    [`${"x".repeat(300)}.mp4`, "name"],
    ["a/b.mp4", "name"],
  ])("%s is refused", (name, reason) => {
    expect(refusalOf(file(name))).toBe(reason);
  });

  test("an empty file is refused", () => {
    expect(refusalOf(file("a.mp4", 0))).toBe("empty");
  });

  test("the kinds are those of the API", () => {
    const path = new URL("../../../docs/openapi.json", import.meta.url);
    const api = JSON.parse(readFileSync(path, "utf-8"));
    const { pattern } = api.components.schemas.NewUpload.properties.file_name;
    const listed = /\(([^)]+)\)\$$/.exec(pattern)?.[1]?.split("|") ?? [];

    expect(listed.filter((name: string) => name === name.toLowerCase())).toEqual(EXTENSIONS);
  });
});

describe("the speed", () => {
  test("is that of the last seconds", () => {
    const speed = new Speed(1000);
    speed.note(0, 0);
    speed.note(5000, 100);
    speed.note(6000, 2100);

    expect(speed.bytesPerSecond).toBe(2000);
  });

  test("is unknown at first, and after a part has failed", () => {
    const speed = new Speed();
    expect(speed.bytesPerSecond).toBeNull();
    speed.note(0, 0);
    speed.note(2000, 900);
    speed.note(2100, 100);

    expect(speed.bytesPerSecond).toBeNull();
  });
});

test("a checksum is in base64, as S3 has it", async () => {
  expect(await checksumOf(new Blob(["abc"]))).toBe("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
});
