/** A scrollable list of any length: only the rows near the visible part are in the document. */
import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Heights, nearest, type Window } from "./virtual";

const SPARE_ROWS = 4;
/** How often the place of a wanted row is corrected, while the rows around it are measured. */
const CORRECTIONS = 8;

const SCROLLING = new Set(["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"]);

type Key = string | number;

export interface ListHandle {
  /** Scroll a row into the middle, unless it is well within view. */
  show(row: number, options?: { isAlways?: boolean }): void;
}

interface Props {
  label: string;
  count: number;
  estimate: (row: number) => number;
  /** What tells a row from the others, wherever it is. */
  keyOf: (row: number) => Key;
  /** Another object whenever rows may have changed places. */
  content: unknown;
  children: (row: number) => ComponentChildren;
  class?: string;
  handle?: RefObject<ListHandle | null>;
  /** Called with the rows in view, after they have changed. */
  onView?: (first: number, end: number) => void;
  /** Called after the size of the list has changed, as when a phone is turned. */
  onSize?: () => void;
  /** Called when the reader scrolls, and not the page itself. */
  onReaderScroll?: () => void;
}

export function VirtualList(props: Props) {
  const box = useRef<HTMLDivElement>(null);
  const sizer = useRef<HTMLDivElement>(null);
  const rows = useRef<HTMLUListElement>(null);
  const latest = useRef(props);
  const measured = useRef(new Map<Key, number>());
  const [heights] = useState(
    () =>
      new Heights((row) => {
        const { keyOf, estimate } = latest.current;
        return measured.current.get(keyOf(row)) ?? estimate(row);
      }),
  );
  // At first, as many rows as the window may hold: rendering more would only take longer.
  const [shown, setShown] = useState<Window>(() => {
    heights.resize(props.count);
    return heights.window(0, innerHeight, 0);
  });
  const [, measureAgain] = useState(0);
  const wanted = useRef<{ row: number; corrections: number } | null>(null);

  const atTop = useRef<{ key: Key; row: number; above: number } | null>(null);
  if (latest.current.content !== props.content) {
    atTop.current = box.current?.scrollTop ? rowAt(box.current.scrollTop) : null;
    heights.resize(0);
  }
  latest.current = props;
  heights.resize(props.count);
  const end = Math.min(shown.end, props.count);
  const first = Math.min(shown.first, end);

  function rowAt(scrolled: number) {
    const row = heights.at(scrolled);
    return { key: latest.current.keyOf(row), row, above: scrolled - heights.top(row) };
  }

  /** Show other rows if those in view are not among the ones that are shown. */
  const look = () => {
    if (!box.current) return;
    const { scrollTop, clientHeight } = box.current;
    const now = heights.window(scrollTop, clientHeight, SPARE_ROWS);
    setShown((before) => (before.first === now.first && before.end === now.end ? before : now));
  };

  useEffect(() => {
    const element = box.current as HTMLElement;
    let { clientWidth: width, clientHeight: height } = element;
    const observer = new ResizeObserver(() => {
      if (!element.clientWidth) return; // it is in a tab that is not shown
      const isOtherWidth = element.clientWidth !== width;
      const isOtherSize = isOtherWidth || element.clientHeight !== height;
      ({ clientWidth: width, clientHeight: height } = element);
      if (isOtherWidth) {
        atTop.current = element.scrollTop ? rowAt(element.scrollTop) : null;
        measured.current.clear();
        heights.reset();
        measureAgain((times) => times + 1);
      }
      if (isOtherSize) latest.current.onSize?.();
      look();
    });
    observer.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);

  useLayoutEffect(() => {
    const element = box.current as HTMLElement;
    if (!element.clientHeight) return; // it is in a tab that is not shown
    // The row at the top of the view keeps its place when rows above it turn out taller, or are new.
    const { key, row: top, above } = atTop.current ?? rowAt(element.scrollTop);
    atTop.current = null;
    for (const row of (rows.current as HTMLElement).children as Iterable<HTMLElement>) {
      const number = Number(row.dataset.row);
      heights.measure(number, row.offsetHeight);
      measured.current.set(props.keyOf(number), row.offsetHeight);
    }
    const anchor = nearest(top, props.count, (row) => props.keyOf(row) === key);
    const moved = element.scrollTop && heights.top(anchor) + above - element.scrollTop;
    // The content security policy forbids style attributes, and allows to set styles by script.
    (sizer.current as HTMLElement).style.height = `${heights.total}px`;
    (rows.current as HTMLElement).style.transform = `translateY(${heights.top(first)}px)`;
    if (Math.abs(moved) >= 1) element.scrollTop += moved;
    correct(element);
    look();
  });

  /** Scroll to the wanted row again, now that more rows around it are measured. */
  const correct = (element: HTMLElement) => {
    if (!wanted.current) return;
    const { row, corrections } = wanted.current;
    const target = heights.scrollTo(row, element.clientHeight);
    const isThere = Math.abs(element.scrollTop - target) < 2;
    if (!isThere) element.scrollTop = target;
    wanted.current = isThere || !corrections ? null : { row, corrections: corrections - 1 };
  };

  useEffect(() => {
    if (!box.current) return;
    const { scrollTop, clientHeight } = box.current;
    const inView = heights.window(scrollTop, clientHeight, 0);
    props.onView?.(inView.first, inView.end);
  }, [first, end, props.count]);

  /** The reader scrolls: do not scroll to the wanted row any more. */
  const letGo = () => {
    wanted.current = null;
  };
  const scrolledByReader = () => {
    letGo();
    props.onReaderScroll?.();
  };

  if (props.handle) {
    props.handle.current = {
      show(row, options) {
        const element = box.current;
        if (!element || row < 0 || row >= heights.count) return;
        const [top, view] = [heights.top(row) - element.scrollTop, element.clientHeight];
        const isInView =
          top > view * 0.15 && top + Math.min(heights.height(row), view / 2) < view * 0.85;
        if (isInView && !options?.isAlways) return;
        wanted.current = { row, corrections: CORRECTIONS };
        element.scrollTop = heights.scrollTo(row, view);
        look();
      },
    };
  }

  const numbers = Array.from({ length: end - first }, (_, index) => first + index);
  return (
    <section
      ref={box}
      class={`virtual ${props.class ?? ""}`}
      aria-label={props.label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: people without a mouse scroll it by keyboard
      tabIndex={0}
      onWheel={scrolledByReader}
      onTouchMove={scrolledByReader}
      onPointerDown={letGo}
      onKeyDown={(event) => SCROLLING.has(event.key) && scrolledByReader()}
    >
      <div ref={sizer} class="sizer">
        <ul ref={rows} class="rows">
          {numbers.map((row) => (
            <li
              key={props.keyOf(row)}
              data-row={row}
              aria-posinset={row + 1}
              aria-setsize={props.count}
            >
              {props.children(row)}
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
