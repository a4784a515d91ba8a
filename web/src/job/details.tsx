/** Downloads, verdict, steps and options of a job. */
import { useEffect, useState } from "preact/hooks";
import { answer } from "../api/client";
import type { Job, JobCost, ResultFile, StepRun } from "../api/types";
import { useApplication, useMayEdit } from "../app/context";
import { bytes, dollars, duration, timeOfDay } from "../parts/amounts";
import { sentence } from "../parts/sentence";
import { text } from "../text";
import { stepsOf } from "./steps";

interface Props {
  job: Job;
  files: readonly ResultFile[];
  verdict: string | null;
  /** False while another tab is shown: the times of the steps are read when somebody looks. */
  isShown: boolean;
}

export function Details({ job, files, verdict, isShown }: Props) {
  const runs = useStepRuns(job, isShown);
  return (
    <div class="details">
      {verdict && (
        <section>
          <h2>{text.job.quality}</h2>
          <p>{verdict}</p>
        </section>
      )}
      <section>
        <h2>{text.job.steps}</h2>
        <ol class="steps">
          {stepsOf(job, runs).map(({ name, state, run }) => (
            <li key={name} class={state}>
              <span>{text.steps[name]}</span>{" "}
              <span class="hint">
                {text.stepStates[state]}
                {run && timesOf(run)}
              </span>
            </li>
          ))}
        </ol>
        {job.switched_off.map((part) => (
          <p key={part.part} class="hint">
            {part.reason}
          </p>
        ))}
      </section>
      {files.length > 0 && <Downloads files={files} />}
      {job.cost && <Cost cost={job.cost} />}
      <Options job={job} />
      <p class="hint">{text.job.id(job.job_id)}</p>
    </div>
  );
}

/** Read them again whenever the job goes on. Without them, the steps are shown without times. */
function useStepRuns(job: Job, isShown: boolean): readonly StepRun[] {
  const { api } = useApplication();
  const [runs, setRuns] = useState<readonly StepRun[]>([]);
  useEffect(() => {
    if (!isShown) return;
    const ending = new AbortController();
    const { signal } = ending;
    const params = { path: { job_id: job.job_id } };
    answer(api.GET("/v1/jobs/{job_id}/steps", { params, signal })).then(
      ({ steps }) => !signal.aborted && setRuns(steps),
      () => !signal.aborted && setRuns([]),
    );
    return () => ending.abort();
  }, [job.job_id, job.attempt, job.status, job.current_step, isShown]);
  return runs;
}

function timesOf({ started_at: start, ended_at: end }: StepRun): string {
  if (!end) return text.job.since(timeOfDay(start));
  return text.job.took(timeOfDay(start), duration((Date.parse(end) - Date.parse(start)) / 1000));
}

function Downloads({ files }: { files: readonly ResultFile[] }) {
  return (
    <section>
      <h2>{text.job.downloads}</h2>
      <ul class="files">
        {files.map((file) => (
          <li key={file.name}>
            <a href={file.url} download={file.name} target="_blank" rel="noreferrer">
              {file.name}
            </a>{" "}
            <span class="hint">{bytes(file.size)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Cost({ cost }: { cost: JobCost }) {
  const parts = Object.entries(text.job.costParts) as [keyof typeof text.job.costParts, string][];
  return (
    <section>
      <h2>{text.job.cost}</h2>
      <dl>
        {parts
          .filter(([name]) => name === "total" || cost[name])
          .map(([name, title]) => (
            <div key={name}>
              <dt>{title}</dt>
              <dd>{dollars(cost[name])}</dd>
            </div>
          ))}
      </dl>
      <p class="hint">{text.job.costNote}</p>
    </section>
  );
}

function Options({ job }: { job: Job }) {
  const given = Object.entries(job.options).filter(
    ([, value]) => value && (!Array.isArray(value) || value.length),
  );
  if (!given.length) return null;
  return (
    <section>
      <h2>{text.job.options}</h2>
      <dl>
        {given.map(([name, value]) => (
          <div key={name}>
            <dt>{name.replaceAll("_", " ")}</dt>
            <dd>{Array.isArray(value) ? value.join(", ") : String(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

interface ActionsProps {
  job: Job;
  onRedrive: () => void;
  onCancel: () => void;
}

/** Why a job failed, and what can be done about it. */
export function Failure({ job, onRedrive }: ActionsProps) {
  const mayEdit = useMayEdit();
  if (!job.failure) return null;
  const { step, error, cause, advice } = job.failure;
  return (
    <div class="error" role="alert">
      <p>
        <strong>{job.status === "PARTIAL" ? text.job.partial : text.job.failed}</strong>{" "}
        <bdi>{sentence(cause)}</bdi>
      </p>
      <p>{advice}</p>
      <p class="hint">{text.job.failedIn(step, error)}</p>
      {mayEdit && (
        <button type="button" onClick={onRedrive}>
          {text.job.redrive}
        </button>
      )}
    </div>
  );
}
