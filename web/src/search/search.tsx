/** Search all recordings, or ask them a question. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { answer } from "../api/client";
import { isAborted } from "../api/problem";
import type { Answer, Passage } from "../api/types";
import { useApplication } from "../app/context";
import { go, jobAddress } from "../app/router";
import { Empty, ErrorNotice, Loading, Marked } from "../parts/notices";
import { clock } from "../player/clock";
import { highlight, plain, termsOf } from "../player/find";
import { text } from "../text";
import { byVideo, nameOf } from "./hits";
import { type Quote, QuotePlayer } from "./quote-player";

const HITS = 50;

interface Filters {
  speaker: string;
  since: string;
}

type Outcome =
  | { kind: "nothing" }
  | { kind: "working"; isQuestion: boolean }
  | { kind: "hits"; question: string; passages: readonly Passage[] }
  | { kind: "answer"; answer: Answer }
  | { kind: "error"; error: unknown };

export function SearchPage({ question }: { question: string }) {
  const { api } = useApplication();
  const [filters, setFilters] = useState<Filters>({ speaker: "", since: "" });
  const [outcome, setOutcome] = useState<Outcome>({ kind: "nothing" });
  const [quote, setQuote] = useState<Quote | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const ending = useRef(new AbortController());

  const run = async (wanted: string, isQuestion: boolean) => {
    ending.current.abort();
    ending.current = new AbortController();
    const { signal } = ending.current;
    setOutcome({ kind: "working", isQuestion });
    try {
      const found = isQuestion
        ? await ask(api, wanted, filters, signal)
        : await search(api, wanted, filters, signal);
      setOutcome(found);
    } catch (error) {
      if (!isAborted(error)) setOutcome({ kind: "error", error });
    }
  };
  useEffect(() => {
    if (question) run(question, false);
    return () => ending.current.abort();
  }, []);

  const submit = (isQuestion: boolean) => {
    const wanted = String(new FormData(form.current as HTMLFormElement).get("q")).trim();
    if (!wanted) return;
    go(`/search?q=${encodeURIComponent(wanted)}`, true);
    run(wanted, isQuestion);
  };
  return (
    <main class="search">
      <h1>{text.search.title}</h1>
      <search>
        <form
          ref={form}
          onSubmit={(event) => {
            event.preventDefault();
            submit((event.submitter as HTMLButtonElement | null)?.value === "ask");
          }}
        >
          <input
            type="search"
            name="q"
            defaultValue={question}
            required
            maxLength={1000}
            placeholder={text.search.placeholder}
            aria-label={text.search.placeholder}
          />
          <button type="submit" value="search">
            {text.search.search}
          </button>
          <button type="submit" value="ask" class="primary">
            {text.search.ask}
          </button>
          <FilterFields filters={filters} onChange={setFilters} />
        </form>
      </search>
      {quote && <QuotePlayer quote={quote} onClose={() => setQuote(null)} />}
      <div aria-live="polite">
        <OutcomeView outcome={outcome} onPlay={setQuote} />
      </div>
    </main>
  );
}

interface FilterProps {
  filters: Filters;
  onChange: (filters: Filters) => void;
}

function FilterFields({ filters, onChange }: FilterProps) {
  return (
    <div class="filters">
      <label>
        {text.search.speaker}
        <input
          value={filters.speaker}
          maxLength={100}
          onInput={(event) => onChange({ ...filters, speaker: event.currentTarget.value })}
        />
      </label>
      <label>
        {text.search.since}
        <input
          type="date"
          value={filters.since}
          onInput={(event) => onChange({ ...filters, since: event.currentTarget.value })}
        />
      </label>
    </div>
  );
}

interface OutcomeProps {
  outcome: Outcome;
  onPlay: (quote: Quote) => void;
}

function OutcomeView({ outcome, onPlay }: OutcomeProps) {
  switch (outcome.kind) {
    case "nothing":
      return <p class="hint">{text.search.help}</p>;
    case "working":
      return <Loading what={outcome.isQuestion ? text.search.asking : text.search.searching} />;
    case "error":
      return <ErrorNotice error={outcome.error} />;
    case "hits":
      return <Hits question={outcome.question} passages={outcome.passages} onPlay={onPlay} />;
    case "answer":
      return <AnswerView answer={outcome.answer} onPlay={onPlay} />;
  }
}

interface HitsProps {
  question: string;
  passages: readonly Passage[];
  onPlay: (quote: Quote) => void;
}

function Hits({ question, passages, onPlay }: HitsProps) {
  const videos = useMemo(() => byVideo(passages), [passages]);
  const terms = useMemo(() => termsOf(question), [question]);
  if (!videos.length) return <Empty title={text.search.none}>{text.search.noneAdvice}</Empty>;
  return (
    <>
      {videos.map(({ jobId, name, passages: own }) => (
        <section key={jobId} class="panel">
          <h2>
            <a href={jobAddress(jobId)}>{name}</a>
          </h2>
          <ul class="hits">
            {own.map((passage) => (
              <li key={passage.start_seconds}>
                <p class="facts">
                  <span>{passage.speakers.join(", ")}</span>
                </p>
                <p>
                  <Marked pieces={highlight(passage.text, terms)} />
                </p>
                <PlayOrOpen
                  quote={{ jobId, name, from: passage.start_seconds, until: passage.end_seconds }}
                  onPlay={onPlay}
                />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

function AnswerView({ answer: given, onPlay }: { answer: Answer; onPlay: (q: Quote) => void }) {
  if (!given.sentences.length) {
    return <Empty title={text.search.noAnswer}>{text.search.noAnswerAdvice}</Empty>;
  }
  return (
    <section class="panel answer" aria-label={text.search.answer}>
      <ol class="hits">
        {given.sentences.map((sentence, place) => (
          <li key={place}>
            {/* The built-in engine answers with the quotes themselves. */}
            {plain(sentence.text) !== plain(sentence.quote) && (
              <p class="sentence">{sentence.text}</p>
            )}
            <p>
              <q>{sentence.quote}</q>
            </p>
            <p class="facts">
              <span>{sentence.speakers.join(", ")}</span>
              <span>{nameOf(sentence.key)}</span>
            </p>
            <PlayOrOpen
              quote={{
                jobId: sentence.job_id,
                name: nameOf(sentence.key),
                from: sentence.start_seconds,
                until: sentence.end_seconds,
              }}
              onPlay={onPlay}
            />
          </li>
        ))}
      </ol>
    </section>
  );
}

function PlayOrOpen({ quote, onPlay }: { quote: Quote; onPlay: (quote: Quote) => void }) {
  const at = clock(quote.from);
  return (
    <p class="actions">
      <button type="button" onClick={() => onPlay(quote)}>
        {text.search.play(at)}
      </button>
      <a href={jobAddress(quote.jobId, quote.from)}>{text.search.open(at)}</a>
    </p>
  );
}

type Api = ReturnType<typeof useApplication>["api"];

async function search(
  api: Api,
  question: string,
  filters: Filters,
  signal: AbortSignal,
): Promise<Outcome> {
  const query = { q: question, limit: HITS, ...given(filters) };
  const { passages } = await answer(api.GET("/v1/search", { params: { query }, signal }));
  return { kind: "hits", question, passages };
}

async function ask(
  api: Api,
  question: string,
  filters: Filters,
  signal: AbortSignal,
): Promise<Outcome> {
  const body = { question, ...given(filters) };
  return { kind: "answer", answer: await answer(api.POST("/v1/ask", { body, signal })) };
}

/** Return the filters that are filled in. A day begins where the reader is. */
function given({ speaker, since }: Filters): { speaker?: string; since?: string } {
  const named = speaker.trim();
  return {
    ...(named ? { speaker: named } : {}),
    ...(since ? { since: new Date(`${since}T00:00`).toISOString() } : {}),
  };
}
