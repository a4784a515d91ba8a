/** A job in the list: name, status, progress, and why it failed. */

import type { Job } from "../api/types";
import { jobAddress } from "../app/router";
import { dollars, duration, moment, percent, roughly } from "../parts/amounts";
import { sentence } from "../parts/sentence";
import { text } from "../text";
import { TONES } from "./status";

interface Props {
  job: Job;
  isChosen: boolean;
  /** Left out if the caller may not change jobs. */
  onChoose?: ((isChosen: boolean) => void) | undefined;
}

export function JobRow({ job, isChosen, onChoose }: Props) {
  return (
    <div class="job-row">
      {onChoose && (
        <input
          type="checkbox"
          checked={isChosen}
          aria-label={text.library.choose(job.file_name)}
          onChange={(event) => onChoose(event.currentTarget.checked)}
        />
      )}
      <div class="job-text">
        <a href={jobAddress(job.job_id)} class="job-name">
          {job.file_name}
        </a>
        <p class="facts">
          <span>{moment(job.submitted_at)}</span>
          {job.duration_seconds != null && <span>{duration(job.duration_seconds)}</span>}
          {job.attempt > 1 && <span>{text.library.attempt(job.attempt)}</span>}
          {job.switched_off.map((part) => (
            <span key={part.part} title={part.reason}>
              {text.library.without(part.part)}
            </span>
          ))}
        </p>
        {job.wait_reason && <p class="facts">{text.library.waits(job.wait_reason)}</p>}
        {job.failure && (
          <p class="failure">
            <bdi>{sentence(job.failure.cause)}</bdi> {job.failure.advice}
          </p>
        )}
      </div>
      {job.cost && (
        <span class="job-cost" title={text.library.cost}>
          {dollars(job.cost.total)}
        </span>
      )}
      <JobState job={job} />
    </div>
  );
}

/** The status, with the progress and the time that is left. */
export function JobState({ job }: { job: Job }) {
  const { progress } = job;
  return (
    <div class="job-state">
      <span class={`status ${TONES[job.status]}`}>{text.status[job.status]}</span>
      {progress && (
        <>
          <progress
            max={1}
            value={progress.fraction}
            aria-label={text.library.progressOf(job.file_name)}
          />
          <span class="left">
            {percent(progress.fraction)}
            {progress.seconds_left != null &&
              `, ${text.library.left(roughly(progress.seconds_left))}`}
          </span>
        </>
      )}
    </div>
  );
}
