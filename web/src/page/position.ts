/** The moment that is played: what is marked and shown. */
import { clock, lastBefore } from "../player/clock";
import { all, held, one, sentences, starts, video } from "./elements";

/** A sentence is marked a little early, because players report their time a few times per second. */
const EARLY_SECONDS = 0.05;

export const duration = held.seconds || 1;
const follow = one<HTMLInputElement>(".follow");
const heads = all<SVGLineElement>(".head");
const chapters = all(".chapters li");
const chapterStarts = chapters.map((item) => Number(one(".moment", item).dataset.seek));

/** The moment in seconds, and the number of its sentence; -1 before the first one. */
export const at = { seconds: 0, sentence: -1 };

const marked = new Map<string, Element>();

/** Give a class to one element, and take it from the one before. */
export function only(name: string, element: Element | undefined): void {
  marked.get(name)?.classList.remove(name);
  marked.delete(name);
  if (!element) return;
  element.classList.add(name);
  marked.set(name, element);
}

/** Scroll to an element, unless it is well within view or in a tab that is not shown. */
export function show(element: HTMLElement): void {
  if (!element.offsetParent) return;
  const box = element.getBoundingClientRect();
  if (box.top > innerHeight * 0.25 && box.bottom < innerHeight * 0.85) return;
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ block: "center", behavior: isStill ? "auto" : "smooth" });
}

export function mark(seconds: number): void {
  at.seconds = seconds;
  one("time").textContent = clock(seconds);
  const x = String((1000 * seconds) / duration);
  for (const head of heads) for (const end of ["x1", "x2"]) head.setAttribute(end, x);
  const sentence = lastBefore(starts, seconds + EARLY_SECONDS);
  if (sentence === at.sentence) return;
  at.sentence = sentence;
  only("now", sentences[sentence]);
  chapter?.classList.remove("now");
  chapter = chapters[lastBefore(chapterStarts, seconds + EARLY_SECONDS)];
  chapter?.classList.add("now");
  if (sentences[sentence] && follow.checked) show(sentences[sentence]);
}

let chapter: HTMLElement | undefined;

/** Play from a moment. Without a recording, only mark it. */
export function seek(seconds: number): void {
  if (video.src) {
    video.currentTime = seconds;
    play();
  }
  at.sentence = -1;
  mark(seconds);
}

export function play(): void {
  video.play().catch(() => {});
}
