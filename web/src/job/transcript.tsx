/** The transcript: it follows the player, and each word jumps to its moment. */
import type { RefObject } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Segment } from "../api/types";
import { roughly } from "../parts/amounts";
import { type Store, useStore } from "../parts/store";
import { type ListHandle, VirtualList } from "../parts/virtual-list";
import { clock, lastBefore } from "../player/clock";
import { around } from "../player/find";
import { text } from "../text";
import type { SegmentIndex } from "./arrange";
import { charactersBefore } from "./caret";
import { momentAt, runsOf, type ShownWord, shownWords } from "./pieces";
import type { Gap, Paragraph, Row } from "./transcript-rows";

interface Props {
  rows: readonly Row[];
  index: SegmentIndex;
  names: ReadonlyMap<string, string>;
  colours: ReadonlyMap<string, number>;
  time: Store<number>;
  onSeek: (seconds: number) => void;
  field: RefObject<HTMLInputElement | null>;
  isComplete: boolean;
}

/** Of the estimate of a row's height, until it is measured. */
const CHARACTERS_PER_LINE = 75;
const [LINE, HEAD, MARGIN] = [27, 26, 12];

export function Transcript(props: Props) {
  const { rows, index, time, onSeek } = props;
  const list = useRef<ListHandle>(null);
  const [isFollowing, setFollowing] = useState(true);
  const [wanted, setWanted] = useState("");
  const [current, setCurrent] = useState(0);

  const found = useMemo(() => index.find(wanted), [index, wanted]);
  const hits = useMemo(() => new Set(found), [found]);
  const now = useStore(time);
  const place = lastBefore(index.starts, now + 0.05);
  const segment = index.segments[place];

  const follow = (isAlways = false) => {
    if (isFollowing) list.current?.show(index.rows[place] ?? 0, { isAlways });
  };
  useEffect(follow, [place, isFollowing, rows]);

  const choose = (number: number) => {
    if (!found.length) return;
    const chosen = around(number, found.length);
    setCurrent(chosen);
    setFollowing(false);
    const id = found[chosen];
    list.current?.show(index.rowOf.get(id as number) ?? 0, { isAlways: true });
  };
  useEffect(() => choose(0), [found]);

  return (
    <>
      <div class="tools">
        <search class="find">
          <input
            ref={props.field}
            type="search"
            value={wanted}
            placeholder={text.job.find}
            aria-label={text.job.find}
            onInput={(event) => setWanted(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter") choose(current + (event.shiftKey ? -1 : 1));
            }}
          />
          {found.length > 0 && (
            <>
              <button
                type="button"
                aria-label={text.job.before}
                onClick={() => choose(current - 1)}
              >
                ↑
              </button>
              <button type="button" aria-label={text.job.after} onClick={() => choose(current + 1)}>
                ↓
              </button>
            </>
          )}
          <output>{outcomeOf(wanted, found.length, current, props.isComplete)}</output>
        </search>
        <label>
          <input
            type="checkbox"
            checked={isFollowing}
            onChange={(event) => setFollowing(event.currentTarget.checked)}
          />
          {text.job.follow}
        </label>
      </div>
      <VirtualList
        label={text.job.transcript}
        class="lines"
        count={rows.length}
        estimate={(row) => estimateOf(rows[row])}
        keyOf={(row) => keyOf(rows[row], row)}
        content={rows}
        handle={list}
        onReaderScroll={() => setFollowing(false)}
        onSize={() => follow(true)}
      >
        {(row) => {
          const one = rows[row];
          if (!one) return null;
          if (one.kind === "gap") return <GapRow gap={one} onSeek={onSeek} />;
          const isNow = segment && one.sentences.some((sentence) => sentence.segment === segment);
          return (
            <ParagraphRow
              paragraph={one}
              names={props.names}
              colours={props.colours}
              hits={hits}
              currentHit={found[current]}
              now={isNow ? now : -1}
              onSeek={onSeek}
            />
          );
        }}
      </VirtualList>
    </>
  );
}

interface ParagraphProps {
  paragraph: Paragraph;
  names: ReadonlyMap<string, string>;
  colours: ReadonlyMap<string, number>;
  /** The ids of the segments in which the search found something. */
  hits: ReadonlySet<number>;
  currentHit: number | undefined;
  /** The moment, if it is in this paragraph; otherwise -1. */
  now: number;
  onSeek: (seconds: number) => void;
}

function ParagraphRow(props: ParagraphProps) {
  const { paragraph, names, colours, now, onSeek } = props;
  const { speaker, isTurn, sentences, start } = paragraph;
  const name = speaker === null ? text.job.unknownSpeaker : (names.get(speaker) ?? speaker);
  const colour = colours.get(speaker ?? "");
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button of the turn does it by keyboard
    // biome-ignore lint/a11y/useKeyWithClickEvents: see above
    <div
      class={`turn ${colour === undefined ? "" : `voice-${colour}`} ${isTurn ? "" : "more"}`}
      onClick={(event) => {
        const said = (event.target as Element).closest<HTMLElement>("[data-segment]");
        if (!said || !getSelection()?.isCollapsed) return;
        const id = Number(said.dataset.segment);
        const clicked = sentences.find(({ segment }) => segment.id === id)?.segment;
        const offset = charactersBefore(said, event.clientX, event.clientY);
        if (clicked) onSeek(momentAt(shownWords(clicked), offset));
      }}
    >
      {isTurn && (
        <h3>
          <span>{name}</span>{" "}
          <button
            type="button"
            class="moment"
            aria-label={text.playFrom(clock(start))}
            onClick={() => onSeek(start)}
          >
            {clock(start)}
          </button>
        </h3>
      )}
      <p>
        {sentences.map(({ segment, isInterjection }) => {
          const said = (
            <SentenceText
              segment={segment}
              isFound={props.hits.has(segment.id)}
              isCurrent={props.currentHit === segment.id}
              now={now}
            />
          );
          if (!isInterjection) return said;
          const other = segment.speaker && (names.get(segment.speaker) ?? segment.speaker);
          return (
            <span class="aside" key={segment.id}>
              {other && <b>{other}: </b>}
              {said}
            </span>
          );
        })}
      </p>
    </div>
  );
}

interface SentenceProps {
  segment: Segment;
  isFound: boolean;
  isCurrent: boolean;
  now: number;
}

function SentenceText({ segment, isFound, isCurrent, now }: SentenceProps) {
  const words = useMemo(() => shownWords(segment), [segment]);
  const isNow = segment.start_seconds <= now + 0.05 && now < segment.end_seconds;
  const starts = useMemo(() => words.map((one) => one.start), [words]);
  const spoken = isNow ? lastBefore(starts, now + 0.05) : -1;
  const classes = ["said", isNow && "now", isFound && "found", isCurrent && "current"]
    .filter(Boolean)
    .join(" ");
  // Words are elements of their own only while they are spoken. A vnode that is the same is skipped.
  return useMemo(() => {
    const pieces = isNow ? words : runsOf(words);
    return (
      <>
        <span class={classes} lang={segment.language ?? undefined} data-segment={segment.id}>
          {pieces.map((piece, place) => (
            <Said key={place} piece={piece} isSpoken={place === spoken} />
          ))}
        </span>{" "}
      </>
    );
  }, [words, spoken, classes]);
}

function Said({ piece, isSpoken }: { piece: ShownWord; isSpoken: boolean }) {
  const name = isSpoken ? "spoken" : undefined;
  if (piece.isUnsure) {
    return (
      <u class={name} title={text.job.unsure}>
        {piece.text}
      </u>
    );
  }
  return isSpoken ? <span class={name}>{piece.text}</span> : piece.text;
}

function GapRow({ gap, onSeek }: { gap: Gap; onSeek: (seconds: number) => void }) {
  return (
    <div class="gap">
      <button type="button" onClick={() => onSeek(gap.start)}>
        {text.job.gaps[gap.reason](roughly(gap.end - gap.start), clock(gap.start))}
      </button>
    </div>
  );
}

function outcomeOf(wanted: string, count: number, current: number, isComplete: boolean): string {
  if (!isComplete) return text.job.loadingMore;
  if (!wanted.trim()) return "";
  return count ? text.job.hit(current + 1, count) : text.job.notSaid;
}

function estimateOf(row: Row | undefined): number {
  if (row?.kind !== "paragraph") return LINE + 2 * MARGIN;
  return Math.ceil(row.characters / CHARACTERS_PER_LINE) * LINE + (row.isTurn ? HEAD : 0) + MARGIN;
}

function keyOf(row: Row | undefined, place: number): string {
  if (!row) return String(place);
  return row.kind === "gap" ? `gap ${row.start}` : `said ${row.sentences[0]?.segment.id}`;
}
