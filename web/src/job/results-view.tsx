/** The results of a job: player and speakers beside transcript, summary and details. */
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { answer } from "../api/client";
import { isAborted } from "../api/problem";
import type { Job } from "../api/types";
import { useApplication } from "../app/context";
import { useLoaded } from "../parts/loaded";
import { described, ErrorNotice, Loading } from "../parts/notices";
import { Store } from "../parts/store";
import { momentIn } from "../player/clock";
import { text } from "../text";
import { type Arranged, arrange } from "./arrange";
import { Details } from "./details";
import { type LoadedTranscript, loadTranscript } from "./load-transcript";
import { Player, type Playing } from "./player";
import { NO_EXTRAS, readExtras } from "./results";
import { Speakers } from "./speakers";
import { Chapters, SummaryView } from "./summary";
import { type Tab, Tabs } from "./tabs";
import { Transcript } from "./transcript";
import type { Gap } from "./transcript-rows";
import type { Voice } from "./voices";

const NO_VOICES: readonly Voice[] = [];

interface Props {
  job: Job;
  time: Store<number>;
  search: string;
}

export function ResultsView({ job, time, search }: Props) {
  const { api } = useApplication();
  const params = { path: { job_id: job.job_id } };
  const player = useRef<Playing>(null);
  const field = useRef<HTMLInputElement>(null);
  const [tab, setTab] = useState<Tab>("transcript");
  const [given, setGiven] = useState<Record<string, string>>({});

  const files = useLoaded(
    (signal) => answer(api.GET("/v1/jobs/{job_id}/results", { params, signal })),
    [job.job_id],
  );
  const extras = useExtras(files.value?.files);
  const summary = useLoaded(
    (signal) => answer(api.GET("/v1/jobs/{job_id}/summary", { params, signal })),
    [job.job_id],
  );

  const areFlaggedShown = job.options.show_flagged ?? false;
  const { transcript, error } = useTranscript(job.job_id, extras.gaps, areFlaggedShown);
  const names = useMemo(
    () => new Map([...(transcript?.names ?? []), ...Object.entries(given)]),
    [transcript, given],
  );
  const voices = transcript?.voices ?? NO_VOICES;
  const colours = useMemo(() => new Map(voices.map((one) => [one.id, one.number])), [voices]);

  const seek = useCallback(
    (seconds: number, until?: number) => player.current?.seek(seconds, until),
    [],
  );
  useEffect(() => {
    const moment = momentIn(search);
    if (moment !== null && Math.floor(time.value) !== moment) seek(moment);
  }, [search]);

  return (
    <div class="results">
      <div class="watch">
        <Player
          jobId={job.job_id}
          title={job.file_name}
          captions={extras.captions}
          language={transcript?.language ?? "en"}
          time={time}
          startAt={momentIn(search)}
          handle={player}
          onFind={() => {
            setTab("transcript");
            setTimeout(() => field.current?.focus());
          }}
        />
        <Speakers
          jobId={job.job_id}
          voices={voices}
          names={names}
          durationSeconds={transcript?.durationSeconds ?? 0}
          onSeek={seek}
          onNamed={setGiven}
        />
        {summary.value && <Chapters summary={summary.value} time={time} onSeek={seek} />}
      </div>
      <div class="read">
        <Tabs tab={tab} onTab={setTab} />
        <section
          id="panel-transcript"
          class="panel-transcript"
          role="tabpanel"
          aria-labelledby="tab-transcript"
          hidden={tab !== "transcript"}
        >
          {error != null && <ErrorNotice error={error} />}
          {!transcript && error == null && <Loading what={text.job.loadingTranscript} />}
          {transcript?.rows.length === 0 && <p class="empty">{text.job.noSpeech}</p>}
          {transcript && transcript.rows.length > 0 && (
            <Transcript
              rows={transcript.rows}
              index={transcript.index}
              names={names}
              colours={colours}
              time={time}
              onSeek={seek}
              field={field}
              isComplete={transcript.isComplete}
            />
          )}
        </section>
        <section
          id="panel-summary"
          role="tabpanel"
          aria-labelledby="tab-summary"
          hidden={tab !== "summary"}
        >
          {summary.value && <SummaryView summary={summary.value} names={names} onPlay={seek} />}
          {summary.error != null && <NoSummary error={summary.error} />}
          {!summary.value && summary.error == null && <Loading what={text.summary.loading} />}
        </section>
        <section
          id="panel-details"
          role="tabpanel"
          aria-labelledby="tab-details"
          hidden={tab !== "details"}
        >
          {files.error != null && <ErrorNotice error={files.error} onRetry={files.again} />}
          <Details
            job={job}
            files={files.value?.files ?? []}
            verdict={extras.verdict}
            isShown={tab === "details"}
          />
        </section>
      </div>
    </div>
  );
}

/** A summary that failed or is switched off is not an error of the page. */
function NoSummary({ error }: { error: unknown }) {
  const { title, detail, advice } = described(error);
  return (
    <p class="empty">
      {detail || title} {advice}
    </p>
  );
}

/** `gaps` and `areFlaggedShown`: see `arrange`. */
function useTranscript(jobId: string, gaps: readonly Gap[], areFlaggedShown: boolean) {
  const { api } = useApplication();
  const loaded = useMemo(() => new Store<LoadedTranscript | null>(null), []);
  const [transcript, setTranscript] = useState<Arranged | null>(null);
  const [error, setError] = useState<unknown>(null);

  useEffect(() => {
    const ending = new AbortController();
    loadTranscript(api, jobId, ending.signal, (some) => loaded.set(some)).catch((problem) => {
      if (!isAborted(problem) && !ending.signal.aborted) setError(problem);
    });
    return () => ending.abort();
  }, [jobId]);

  useEffect(() => {
    let ending = new AbortController();
    const arrangeAgain = (some: LoadedTranscript | null) => {
      ending.abort();
      if (!some) return;
      ending = new AbortController();
      arrange(some, gaps, areFlaggedShown, ending.signal).then(setTranscript, () => {});
    };
    arrangeAgain(loaded.value);
    const stop = loaded.watch(arrangeAgain);
    return () => {
      stop();
      ending.abort();
    };
  }, [gaps, areFlaggedShown]);
  return { transcript, error };
}

function useExtras(files: Parameters<typeof readExtras>[0] | undefined) {
  const [extras, setExtras] = useState(NO_EXTRAS);
  useEffect(() => {
    if (!files) return;
    const ending = new AbortController();
    let captions: string | null = null;
    readExtras(files, ending.signal).then((read) => {
      captions = read.captions;
      if (ending.signal.aborted && captions) URL.revokeObjectURL(captions);
      else setExtras(read);
    });
    return () => {
      ending.abort();
      if (captions) URL.revokeObjectURL(captions);
    };
  }, [files]);
  return extras;
}
