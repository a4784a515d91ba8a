/** The maths of a list of which only the visible rows exist. All sizes are in CSS pixels. */
import { lastBefore } from "../player/clock";

export interface Window {
  /** The first row to show, and the one after the last. */
  first: number;
  end: number;
}

/** The heights of rows: estimated until they are measured. */
export class Heights {
  #heights: number[] = [];
  #isMeasured: boolean[] = [];
  /** `#tops[i]`: where row i begins. It has one more entry than there are rows. */
  #tops: number[] = [0];
  #firstStale = 0;
  readonly #estimate: (row: number) => number;

  constructor(estimate: (row: number) => number) {
    this.#estimate = estimate;
  }

  get count(): number {
    return this.#heights.length;
  }

  get total(): number {
    return this.top(this.count);
  }

  /** Add or remove rows at the end. */
  resize(count: number): void {
    for (let row = this.count; row < count; row++) {
      this.#heights.push(this.#estimate(row));
      this.#isMeasured.push(false);
    }
    this.#heights.length = count;
    this.#isMeasured.length = count;
    this.#tops.length = Math.min(this.#tops.length, count + 1);
    this.#firstStale = Math.min(this.#firstStale, this.#tops.length - 1);
  }

  /** Estimate everything again, because the width has changed. */
  reset(): void {
    const count = this.count;
    this.resize(0);
    this.resize(count);
  }

  /** Note the height of a row. Return whether it is news. */
  measure(row: number, height: number): boolean {
    if (row >= this.count || (this.#isMeasured[row] && this.#heights[row] === height)) return false;
    const isNews = this.#heights[row] !== height;
    this.#heights[row] = height;
    this.#isMeasured[row] = true;
    if (isNews) this.#firstStale = Math.min(this.#firstStale, row);
    return isNews;
  }

  height(row: number): number {
    return this.#heights[row] ?? 0;
  }

  top(row: number): number {
    for (let one = this.#firstStale; one < row; one++) {
      this.#tops[one + 1] = (this.#tops[one] as number) + (this.#heights[one] as number);
    }
    this.#firstStale = Math.max(this.#firstStale, Math.min(row, this.count));
    return this.#tops[Math.min(row, this.count)] ?? 0;
  }

  /** Return the row at a distance from the top. */
  at(distance: number): number {
    this.top(this.count);
    return Math.min(Math.max(lastBefore(this.#tops, distance), 0), Math.max(this.count - 1, 0));
  }

  /** Return the rows to show, with `spare` more on both sides. */
  window(scrolled: number, viewport: number, spare: number): Window {
    if (!this.count) return { first: 0, end: 0 };
    return {
      first: Math.max(this.at(scrolled) - spare, 0),
      end: Math.min(this.at(scrolled + viewport) + 1 + spare, this.count),
    };
  }

  /** Return how far to scroll so that a row is in the middle, or at the top if it is taller. */
  scrollTo(row: number, viewport: number): number {
    const above = Math.max((viewport - this.height(row)) / 2, 0);
    return Math.max(Math.min(this.top(row) - above, this.total - viewport), 0);
  }
}

/** Return the row nearest to `start` that fits; `start` itself if none does. */
export function nearest(start: number, count: number, fits: (row: number) => boolean): number {
  for (let distance = 0; distance <= Math.max(start, count); distance++) {
    const [before, after] = [start - distance, start + distance];
    if (before >= 0 && before < count && fits(before)) return before;
    if (after < count && fits(after)) return after;
  }
  return start;
}
