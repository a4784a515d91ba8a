/** The list of all jobs. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { answer } from "../api/client";
import type { Job } from "../api/types";
import { useApplication, useMayEdit } from "../app/context";
import { Confirm, type Question } from "../parts/confirm";
import { described, Empty, ErrorNotice, Loading } from "../parts/notices";
import { useStore } from "../parts/store";
import { VirtualList } from "../parts/virtual-list";
import { text } from "../text";
import { forEach } from "./bulk";
import { type Filter, JobFeed, type Order } from "./job-feed";
import { JobRow } from "./job-row";
import { GROUPS, type Group, mayBeCancelled, mayBeRedriven } from "./status";

const REFRESH_MS = 4_000;
const TYPING_MS = 300;
const ROW_HEIGHT = 72;

export function LibraryPage() {
  const [filter, setFilter] = useState<Filter>({ group: "all", name: "", order: "newest" });
  const mayEdit = useMayEdit();
  return (
    <main class="library">
      <div class="bar">
        <h1>{text.library.title}</h1>
        <NameFilter onChange={(name) => setFilter((now) => ({ ...now, name }))} />
        <label>
          {text.library.show}
          <select
            value={filter.group}
            onChange={(event) => {
              const group = event.currentTarget.value as Group;
              setFilter((now) => ({ ...now, group }));
            }}
          >
            {(Object.keys(GROUPS) as Group[]).map((group) => (
              <option key={group} value={group}>
                {text.library.groups[group]}
              </option>
            ))}
          </select>
        </label>
        <label>
          {text.library.order}
          <select
            value={filter.order}
            onChange={(event) => {
              const order = event.currentTarget.value as Order;
              setFilter((now) => ({ ...now, order }));
            }}
          >
            {(Object.keys(text.library.orders) as Order[]).map((order) => (
              <option key={order} value={order}>
                {text.library.orders[order]}
              </option>
            ))}
          </select>
        </label>
        {mayEdit && (
          <a class="button primary" href="/upload">
            {text.library.upload}
          </a>
        )}
      </div>
      <JobList key={`${filter.order} ${filter.group} ${filter.name}`} filter={filter} />
    </main>
  );
}

function NameFilter({ onChange }: { onChange: (name: string) => void }) {
  const timer = useRef(0);
  return (
    <input
      type="search"
      placeholder={text.library.byName}
      aria-label={text.library.byName}
      maxLength={200}
      onInput={(event) => {
        const name = event.currentTarget.value.trim();
        clearTimeout(timer.current);
        timer.current = window.setTimeout(() => onChange(name), TYPING_MS);
      }}
    />
  );
}

function JobList({ filter }: { filter: Filter }) {
  const { api } = useApplication();
  const mayEdit = useMayEdit();
  const jobFeed = useMemo(() => new JobFeed(api, filter), []);
  const { jobs, next, isLoading, error, isPaused } = useStore(jobFeed.feed);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const view = useRef<readonly Job[]>([]);

  useEffect(() => {
    jobFeed.more(true);
    const timer = setInterval(() => {
      if (!document.hidden) jobFeed.refresh(view.current).catch(() => {});
    }, REFRESH_MS);
    return () => {
      clearInterval(timer);
      jobFeed.close();
    };
  }, []);

  const choose = (id: string, isChosen: boolean) => {
    setChosen((before) => {
      const now = new Set(before);
      if (isChosen) now.add(id);
      else now.delete(id);
      return now;
    });
  };
  return (
    <>
      {mayEdit && (
        <BulkBar jobs={jobs} chosen={chosen} feed={jobFeed} onChoose={(ids) => setChosen(ids)} />
      )}
      {error != null && <ErrorNotice error={error} onRetry={() => jobFeed.more(!jobs.length)} />}
      {!jobs.length && isLoading && <Loading what={text.library.loading} />}
      {!jobs.length && !isLoading && error == null && <NoJobs filter={filter} hasMore={isPaused} />}
      {isPaused && (
        <button type="button" onClick={() => jobFeed.more()}>
          {text.library.lookFurther}
        </button>
      )}
      {jobs.length > 0 && (
        <VirtualList
          label={text.library.listLabel}
          class="jobs"
          count={jobs.length}
          estimate={() => ROW_HEIGHT}
          keyOf={(row) => jobs[row]?.job_id ?? row}
          content={jobs}
          onView={(first, end) => {
            view.current = jobs.slice(first, end);
            if (end + 20 >= jobs.length && next && !isPaused) jobFeed.more();
          }}
        >
          {(row) => {
            const job = jobs[row];
            return (
              job && (
                <JobRow
                  job={job}
                  isChosen={chosen.has(job.job_id)}
                  onChoose={mayEdit ? (isChosen) => choose(job.job_id, isChosen) : undefined}
                />
              )
            );
          }}
        </VirtualList>
      )}
    </>
  );
}

function NoJobs({ filter, hasMore }: { filter: Filter; hasMore: boolean }) {
  const mayEdit = useMayEdit();
  if (hasMore) return <Empty title={text.library.noneSoFar} />;
  if (filter.name || filter.group !== "all") return <Empty title={text.library.noneFits} />;
  return (
    <Empty title={text.library.none}>
      <p>{mayEdit ? text.library.noneAdvice : text.library.noneForViewers}</p>
    </Empty>
  );
}

interface BulkProps {
  jobs: readonly Job[];
  chosen: ReadonlySet<string>;
  feed: JobFeed;
  onChoose: (ids: ReadonlySet<string>) => void;
}

function BulkBar({ jobs, chosen, feed, onChoose }: BulkProps) {
  const { api } = useApplication();
  const [question, setQuestion] = useState<Question | null>(null);
  const [outcome, setOutcome] = useState("");
  const picked = jobs.filter((job) => chosen.has(job.job_id));
  const redrivable = picked.filter(mayBeRedriven);
  const cancellable = picked.filter(mayBeCancelled);
  const failed = jobs.filter(mayBeRedriven);

  const act = async (some: readonly Job[], action: "redrive" | "cancel") => {
    const problems = await forEach(some, async (job) => {
      const params = { path: { job_id: job.job_id } };
      const sent =
        action === "redrive"
          ? api.POST("/v1/jobs/{job_id}/redrive", { params })
          : api.POST("/v1/jobs/{job_id}/cancel", { params });
      feed.replace(await answer(sent));
      if (action === "redrive") feed.awaitNextAttempt(job);
    });
    const reasons = problems.map(({ item, error }) => {
      const { title, detail } = described(error);
      return `${item.file_name}: ${title} ${detail}`;
    });
    setOutcome([text.library.done(action, some.length - problems.length), ...reasons].join(" "));
    onChoose(new Set());
  };
  const ask = (some: readonly Job[], action: "redrive" | "cancel") =>
    setQuestion({
      title: text.library.ask(action, some.length),
      detail: text.library.askDetail[action],
      yes: text.library.act(action, some.length),
      onYes: () => act(some, action),
    });
  return (
    <div class="bulk">
      {failed.length > 0 && picked.length === 0 && (
        <button type="button" onClick={() => onChoose(new Set(failed.map((job) => job.job_id)))}>
          {text.library.chooseFailed(failed.length)}
        </button>
      )}
      {picked.length > 0 && (
        <>
          <button type="button" onClick={() => onChoose(new Set())}>
            {text.library.chooseNone(picked.length)}
          </button>
          <button
            type="button"
            disabled={!redrivable.length}
            onClick={() => ask(redrivable, "redrive")}
          >
            {text.library.act("redrive", redrivable.length)}
          </button>
          <button
            type="button"
            disabled={!cancellable.length}
            onClick={() => ask(cancellable, "cancel")}
          >
            {text.library.act("cancel", cancellable.length)}
          </button>
        </>
      )}
      <output>{outcome}</output>
      {question && <Confirm question={question} onClose={() => setQuestion(null)} />}
    </div>
  );
}
