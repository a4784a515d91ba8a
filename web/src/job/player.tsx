/** The recording, with captions. */
import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { answer } from "../api/client";
import { useApplication } from "../app/context";
import { described } from "../parts/notices";
import type { Store } from "../parts/store";
import { commandOf, focusOf, toggleCaptions } from "../player/keys";
import { text } from "../text";

export interface Playing {
  /** Play from a moment. `until`: stop there, at the end of a quote. */
  seek(seconds: number, until?: number): void;
}

interface Props {
  jobId: string;
  title: string;
  /** The subtitles as a file in memory, so that the bucket need not be asked by the video element. */
  captions: string | null;
  language: string;
  time: Store<number>;
  startAt: number | null;
  handle: RefObject<Playing | null>;
  onFind: () => void;
}

/** Addresses of the video end after a quarter of an hour. */
const FRESH_MS = 60_000;

export function Player(props: Props) {
  const { api } = useApplication();
  const video = useRef<HTMLVideoElement>(null);
  const [notice, setNotice] = useState("");
  const [isAudio, setAudio] = useState(false);
  const loadedAt = useRef(0);
  const until = useRef<number | null>(null);
  const resumeAt = useRef(props.startAt);
  const shouldPlay = useRef(false);

  const load = async () => {
    const params = { path: { job_id: props.jobId } };
    try {
      const media = await answer(api.GET("/v1/jobs/{job_id}/media", { params }));
      loadedAt.current = Date.now();
      setNotice("");
      if (video.current) video.current.src = media.url;
    } catch (error) {
      const { title, detail } = described(error);
      setNotice(`${text.job.noVideo} ${title} ${detail}`);
    }
  };
  useEffect(() => {
    load();
  }, [props.jobId]);

  /** An address that was good and is not any more has expired; otherwise the browser cannot. */
  const fail = () => {
    const element = video.current;
    if (!element?.src) return;
    if (Date.now() - loadedAt.current > FRESH_MS) {
      resumeAt.current = props.time.value;
      load();
      return;
    }
    const isUnknown = element.error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED;
    setNotice(isUnknown ? text.job.cannotPlay : text.job.stopped);
  };
  const play = () => video.current?.play().catch(() => {});

  props.handle.current = {
    seek(seconds, end) {
      const element = video.current;
      until.current = end ?? null;
      props.time.set(seconds);
      if (element?.readyState) {
        element.currentTime = seconds;
        play();
      } else {
        resumeAt.current = seconds;
        shouldPlay.current = true;
      }
    },
  };

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const command = commandOf(event, focusOf(event.target));
      const element = video.current;
      if (!command || !element) return;
      if (command.kind === "find") props.onFind();
      else if (command.kind === "captions") toggleCaptions(element);
      else if (command.kind === "skip") element.currentTime += command.seconds;
      else if (element.paused) play();
      else element.pause();
      event.preventDefault();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);

  return (
    <div class={`player ${isAudio ? "audio" : ""}`}>
      {/* biome-ignore lint/a11y/useMediaCaption: the track appears as soon as it is loaded */}
      <video
        ref={video}
        controls
        playsInline
        preload="metadata"
        aria-label={props.title}
        onError={fail}
        onLoadedMetadata={(event) => {
          setAudio(!event.currentTarget.videoHeight);
          if (resumeAt.current !== null) event.currentTarget.currentTime = resumeAt.current;
          resumeAt.current = null;
          if (shouldPlay.current) play();
        }}
        onTimeUpdate={(event) => {
          const { currentTime } = event.currentTarget;
          props.time.set(currentTime);
          if (until.current !== null && currentTime >= until.current) {
            until.current = null;
            event.currentTarget.pause();
          }
        }}
      >
        {props.captions && (
          <track
            kind="captions"
            label={text.job.captions}
            srcLang={props.language}
            src={props.captions}
          />
        )}
      </video>
      {notice && (
        <p class="notice" role="status">
          {notice}
        </p>
      )}
    </div>
  );
}
