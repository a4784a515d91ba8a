/** The elements of page.html, and the data that is not in its elements. */

/** Return the first element that fits. page.html has it. */
export function one<Kind extends Element = HTMLElement>(
  selector: string,
  root: ParentNode = document,
) {
  return root.querySelector<Kind>(selector) as Kind;
}

export function all<Kind extends Element = HTMLElement>(
  selector: string,
  root: ParentNode = document,
) {
  return [...root.querySelectorAll<Kind>(selector)];
}

/** Return the text of an element in one line. */
export function line(node: Node): string {
  return (node.textContent ?? "").replace(/\s+/g, " ").trim();
}

export type Cue = readonly [startSeconds: number, endSeconds: number, text: string];

interface Held {
  file: string;
  seconds: number;
  cues: readonly Cue[];
}

export const held: Held = JSON.parse(one("#held").textContent ?? "");
export const video = one<HTMLVideoElement>("video");
export const notice = one(".notice");
export const lines = one(".lines");
export const sentences = all(".said");
export const starts = sentences.map(startOf);

export function startOf(sentence: HTMLElement): number {
  return Number(sentence.dataset.start);
}
