/** The summary. Each statement plays the quote that it rests on. */
import type { Summary } from "../api/types";
import { type Store, useStore } from "../parts/store";
import { clock } from "../player/clock";
import { plain } from "../player/find";
import { text } from "../text";
import { withNames } from "./transcript-rows";

interface Props {
  summary: Summary;
  names: ReadonlyMap<string, string>;
  onPlay: (from: number, until: number) => void;
}

interface Statement {
  text: string;
  quote: string;
  start_seconds: number;
  end_seconds: number;
  owner?: string | null;
  due?: string | null;
  speaker?: string;
}

export function SummaryView({ summary, names, onPlay }: Props) {
  const isExtract = summary.engine.startsWith("extractive/");
  const sections: [string, readonly Statement[]][] = [
    [text.summary.keyPoints, summary.key_points],
    [text.summary.decisions, summary.decisions],
    [text.summary.actionItems, summary.action_items],
    [text.summary.questions, summary.questions],
    [text.summary.contributions, summary.contributions],
  ];
  return (
    <div class="summary">
      {isExtract && <p class="banner">{text.summary.extract}</p>}
      {summary.abstract && <p class="abstract">{withNames(summary.abstract, names)}</p>}
      {sections
        .filter(([, statements]) => statements.length)
        .map(([title, statements]) => (
          <section key={title}>
            <h2>{title}</h2>
            <ul class="entries">
              {statements.map((one, place) => (
                <li key={place}>
                  <StatementView statement={one} names={names} onPlay={onPlay} />
                </li>
              ))}
            </ul>
          </section>
        ))}
      {summary.topics.length > 0 && (
        <section>
          <h2>{text.summary.topics}</h2>
          <ul class="topics">
            {summary.topics.map((topic) => (
              <li key={topic}>{topic}</li>
            ))}
          </ul>
        </section>
      )}
      {summary.statements > 0 && (
        <p class="hint">
          {isExtract
            ? text.summary.quotes(summary.verified_statements)
            : text.summary.verified(summary.verified_statements, summary.statements)}
        </p>
      )}
    </div>
  );
}

interface StatementProps {
  statement: Statement;
  names: ReadonlyMap<string, string>;
  onPlay: (from: number, until: number) => void;
}

function StatementView({ statement, names, onPlay }: StatementProps) {
  const { quote, start_seconds, end_seconds, due } = statement;
  const who = statement.owner ?? statement.speaker;
  const isLiteral = plain(statement.text) === plain(quote);
  return (
    <button type="button" class="statement" onClick={() => onPlay(start_seconds, end_seconds)}>
      {who && <strong>{names.get(who) ?? who}: </strong>}
      <span>{isLiteral ? quote : withNames(statement.text, names)}</span>
      {due && <span class="due">{due}</span>}
      {!isLiteral && <q>{quote}</q>}
      <span class="moment">{text.playQuote(clock(start_seconds))}</span>
    </button>
  );
}

interface ChaptersProps {
  summary: Summary;
  time: Store<number>;
  onSeek: (seconds: number) => void;
}

export function Chapters({ summary, time, onSeek }: ChaptersProps) {
  const now = useStore(time);
  const { chapters } = summary;
  if (!chapters.length) return null;
  const current = chapters.findLastIndex((chapter) => chapter.start_seconds <= now + 0.05);
  return (
    <details class="panel" open>
      <summary>
        <h2>{text.summary.chapters}</h2>
      </summary>
      <ol class="chapters">
        {chapters.map((chapter, place) => (
          <li key={place} class={place === current ? "now" : ""}>
            <button
              type="button"
              aria-current={place === current ? "true" : undefined}
              onClick={() => onSeek(chapter.start_seconds)}
            >
              <span class="moment">{clock(chapter.start_seconds)}</span> {chapter.text}
            </button>
          </li>
        ))}
      </ol>
    </details>
  );
}
