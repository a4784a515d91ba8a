/** Play a quote of any video, without leaving the search. */
import { useEffect, useRef, useState } from "preact/hooks";
import { answer } from "../api/client";
import { useApplication } from "../app/context";
import { jobAddress } from "../app/router";
import { ErrorNotice } from "../parts/notices";
import { clock } from "../player/clock";
import { text } from "../text";

export interface Quote {
  jobId: string;
  name: string;
  from: number;
  until: number;
}

export function QuotePlayer({ quote, onClose }: { quote: Quote; onClose: () => void }) {
  const { api } = useApplication();
  const video = useRef<HTMLVideoElement>(null);
  const [error, setError] = useState<unknown>(null);
  const loaded = useRef("");
  const end = useRef<number | null>(null);

  useEffect(() => {
    const element = video.current as HTMLVideoElement;
    const play = () => {
      element.currentTime = quote.from;
      end.current = quote.until;
      element.play().catch(() => {});
    };
    setError(null);
    if (loaded.current === quote.jobId && element.readyState) {
      play();
      return;
    }
    const params = { path: { job_id: quote.jobId } };
    answer(api.GET("/v1/jobs/{job_id}/media", { params })).then((media) => {
      loaded.current = quote.jobId;
      element.addEventListener("loadedmetadata", play, { once: true });
      element.src = media.url;
    }, setError);
  }, [quote]);

  return (
    <aside class="quote-player" aria-label={text.search.playing}>
      <div class="upload-head">
        <strong class="job-name">{quote.name}</strong>
        <a href={jobAddress(quote.jobId, quote.from)}>{text.search.open(clock(quote.from))}</a>
        <button type="button" onClick={onClose}>
          {text.search.close}
        </button>
      </div>
      {error != null && <ErrorNotice error={error} />}
      {/* biome-ignore lint/a11y/useMediaCaption: the quote is on the page */}
      <video
        ref={video}
        controls
        playsInline
        aria-label={quote.name}
        onError={(event) => event.currentTarget.src && setError(new Error(text.job.cannotPlay))}
        onTimeUpdate={(event) => {
          if (end.current === null || event.currentTarget.currentTime < end.current) return;
          end.current = null;
          event.currentTarget.pause();
        }}
      />
    </aside>
  );
}
