/** Plan what is sent: which files, which parts, and what was sent before. */
import type { StoredPart } from "../api/types";

/** As in the description of the API; a test compares the two. */
export const EXTENSIONS = [
  "mp4",
  "m4v",
  "mov",
  "avi",
  "mkv",
  "webm",
  "m4a",
  "mp3",
  "aac",
  "wav",
  "flac",
  "ogg",
  "opus",
];

export const ACCEPTED = EXTENSIONS.map((name) => `.${name}`).join(",");

/** What tells a file from another one, as far as a page may know it. */
export interface FileFacts {
  name: string;
  size: number;
  /** Milliseconds since 1970. */
  lastModified: number;
}

export type Refusal = "empty" | "type" | "name";

/** Return why a file cannot be uploaded; null if it can. */
export function refusalOf(file: FileFacts): Refusal | null {
  const extension = /\.([^.]+)$/.exec(file.name)?.[1]?.toLowerCase() ?? "";
  if (!EXTENSIONS.includes(extension)) return "type";
  if (/[/\\]/.test(file.name) || file.name.length > 255) return "name";
  return file.size === 0 ? "empty" : null;
}

/** Return the idempotency key of a file: a file that is added again is the same upload. */
export async function fileKey(file: FileFacts): Promise<string> {
  const facts = `${file.name}\n${file.size}\n${file.lastModified}`;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(facts));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function isSameFile(one: FileFacts, other: FileFacts): boolean {
  return (
    one.name === other.name && one.size === other.size && one.lastModified === other.lastModified
  );
}

export interface Part {
  /** The first part has number 1. */
  number: number;
  start: number;
  size: number;
}

export function partsOf(size: number, partSize: number): Part[] {
  const count = Math.ceil(size / partSize);
  return Array.from({ length: count }, (_, index) => ({
    number: index + 1,
    start: index * partSize,
    size: Math.min(partSize, size - index * partSize),
  }));
}

/** Return the SHA-256 of bytes in base64. Raises the error of the file if it cannot be read. */
export async function checksumOf(bytes: Blob): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await bytes.arrayBuffer());
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}

/** Return the parts that S3 does not have. A part of another size is sent again. */
export function missingParts(parts: readonly Part[], stored: readonly StoredPart[]): Part[] {
  const sizes = new Map(stored.map((part) => [part.number, part.size]));
  return parts.filter((part) => sizes.get(part.number) !== part.size);
}

/** Return how many bytes of the file S3 has, of parts that need not be sent again. */
export function storedBytes(parts: readonly Part[], stored: readonly StoredPart[]): number {
  const missing = new Set(missingParts(parts, stored).map((part) => part.number));
  return parts.reduce((sum, part) => sum + (missing.has(part.number) ? 0 : part.size), 0);
}

/** Measure the speed over the last seconds, because connections change. */
export class Speed {
  readonly #points: { at: number; bytes: number }[] = [];
  readonly #spanMs: number;

  constructor(spanMs = 10_000) {
    this.#spanMs = spanMs;
  }

  note(at: number, bytes: number): void {
    const last = this.#points.at(-1);
    if (last && bytes < last.bytes) this.#points.length = 0; // a part failed and is sent again
    this.#points.push({ at, bytes });
    while (this.#points.length > 2 && at - (this.#points[0]?.at ?? at) > this.#spanMs) {
      this.#points.shift();
    }
  }

  /** Bytes per second; null until two points are half a second apart. */
  get bytesPerSecond(): number | null {
    const [first, last] = [this.#points[0], this.#points.at(-1)];
    if (!first || !last || last.at - first.at < 500) return null;
    return ((last.bytes - first.bytes) * 1000) / (last.at - first.at);
  }
}
