/** A job: its recording, transcript, summary and files, or how far it is. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { answer } from "../api/client";
import { isAborted, isNotFound } from "../api/problem";
import type { Job } from "../api/types";
import { useApplication, useMayEdit } from "../app/context";
import { jobAddress } from "../app/router";
import { JobState } from "../library/job-row";
import { isEnded, mayBeCancelled } from "../library/status";
import { moment } from "../parts/amounts";
import { Confirm, type Question } from "../parts/confirm";
import { Empty, ErrorNotice, Loading } from "../parts/notices";
import { Store } from "../parts/store";
import { clock, momentIn } from "../player/clock";
import { text } from "../text";
import { Details, Failure } from "./details";
import { followJob } from "./follow-job";
import { ResultsView } from "./results-view";

export function JobPage({ jobId, search }: { jobId: string; search: string }) {
  const { api } = useApplication();
  const [job, setJob] = useState<Job | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [turn, setTurn] = useState({ attempt: 1 });
  useEffect(() => {
    const ending = new AbortController();
    setError(null);
    followJob(api, jobId, turn.attempt, ending.signal, setJob).catch((problem) => {
      if (!isAborted(problem) && !ending.signal.aborted) setError(problem);
    });
    return () => ending.abort();
  }, [jobId, turn]);

  if (isNotFound(error)) {
    return (
      <main>
        <Empty title={job ? text.job.erased : text.job.notFound} isPage>
          <a href="/">{text.job.toLibrary}</a>
        </Empty>
      </main>
    );
  }
  const again = (attempt = turn.attempt) => setTurn({ attempt });
  if (!job) {
    return (
      <main>
        {error == null ? (
          <Loading what={text.job.loading} />
        ) : (
          <ErrorNotice error={error} onRetry={() => again()} />
        )}
      </main>
    );
  }
  const isAwaited = job.attempt < turn.attempt;
  return (
    <JobView
      key={job.job_id}
      job={job}
      search={search}
      isAttemptAwaited={isAwaited}
      onChanged={again}
    />
  );
}

interface ViewProps {
  job: Job;
  search: string;
  /** True after a redrive, until its attempt begins. */
  isAttemptAwaited: boolean;
  /** Called with the attempt that is expected, if another one is. */
  onChanged: (attempt?: number) => void;
}

function JobView({ job, search, isAttemptAwaited, onChanged }: ViewProps) {
  const { api } = useApplication();
  const mayEdit = useMayEdit();
  const [question, setQuestion] = useState<Question | null>(null);
  const [error, setError] = useState<unknown>(null);
  const time = useMemo(() => new Store(momentIn(search) ?? 0), []);

  useEffect(() => {
    document.title = `${job.file_name} · ${text.name}`;
  }, [job.file_name]);

  const params = { path: { job_id: job.job_id } };
  const act = async (sending: () => Promise<unknown>, attempt = job.attempt) => {
    setError(null);
    try {
      await sending();
      onChanged(attempt);
    } catch (problem) {
      setError(problem);
      onChanged();
    }
  };
  const redrive = async () => {
    const plan = await answer(api.GET("/v1/jobs/{job_id}/redrive", { params })).catch(setError);
    if (!plan) return;
    setQuestion({
      title: text.job.redriveTitle,
      detail: plan.is_unusable ? text.job.redriveHopeless : text.job.redriveSteps(plan.steps_left),
      yes: text.job.redrive,
      onYes: () =>
        act(() => answer(api.POST("/v1/jobs/{job_id}/redrive", { params })), job.attempt + 1),
    });
  };
  const cancel = () =>
    setQuestion({
      title: text.job.cancelTitle,
      detail: text.job.cancelDetail,
      yes: text.job.cancel,
      onYes: () => act(() => answer(api.POST("/v1/jobs/{job_id}/cancel", { params }))),
    });
  return (
    <main class="job">
      <header class="job-header">
        <div>
          <h1>{job.file_name}</h1>
          <p class="facts">
            <span>{moment(job.submitted_at)}</span>
            {job.attempt > 1 && <span>{text.library.attempt(job.attempt)}</span>}
          </p>
        </div>
        <JobState job={job} />
        <div class="actions">
          {job.has_results && <CopyLink job={job} time={time} />}
          {mayEdit && mayBeCancelled(job) && (
            <button type="button" onClick={cancel}>
              {text.job.cancel}
            </button>
          )}
        </div>
      </header>
      {error != null && <ErrorNotice error={error} />}
      {isAttemptAwaited ? (
        <Loading what={text.job.redriven} />
      ) : (
        <Failure job={job} onRedrive={redrive} onCancel={cancel} />
      )}
      {job.has_results ? (
        <ResultsView
          key={`${job.attempt} ${isEnded(job.status)}`}
          job={job}
          time={time}
          search={search}
        />
      ) : (
        <Details job={job} files={[]} verdict={null} isShown />
      )}
      {question && <Confirm question={question} onClose={() => setQuestion(null)} />}
    </main>
  );
}

function CopyLink({ job, time }: { job: Job; time: Store<number> }) {
  const [note, setNote] = useState("");
  const timer = useRef(0);
  const copy = async () => {
    const link = `${location.origin}${jobAddress(job.job_id, time.value)}`;
    try {
      await navigator.clipboard.writeText(link);
      setNote(text.job.copied(clock(time.value)));
    } catch {
      setNote(link);
    }
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setNote(""), 5_000);
  };
  return (
    <>
      <output class="hint">{note}</output>
      <button type="button" onClick={copy}>
        {text.job.copyLink}
      </button>
    </>
  );
}
