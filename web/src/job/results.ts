/** Read the files of the results that the page shows: subtitles and the quality report. */
import type { ResultFile } from "../api/types";
import { type Gap, listedGaps, type Span } from "./transcript-rows";

interface QualityReport {
  verdict?: string;
  missing_text?: Span[];
  loud_without_text?: Span[];
}

export interface Extras {
  verdict: string | null;
  /** Those that the quality report lists. */
  gaps: Gap[];
  /** The address of the subtitles in memory; null if there are none. */
  captions: string | null;
}

export const NO_EXTRAS: Extras = { verdict: null, gaps: [], captions: null };

/** Whoever calls this revokes `captions` in the end. A file that cannot be read is left out. */
export async function readExtras(
  files: readonly ResultFile[],
  signal: AbortSignal,
): Promise<Extras> {
  const [report, subtitles] = await Promise.all([
    read(files, "quality.json", signal).then((response) => response?.json()),
    read(files, "subtitles.vtt", signal).then((response) => response?.text()),
  ]).catch(() => [undefined, undefined]);
  const quality = (report ?? {}) as QualityReport;
  const captions = subtitles ? new Blob([subtitles], { type: "text/vtt" }) : null;
  return {
    verdict: quality.verdict ?? null,
    gaps: listedGaps(quality),
    captions: captions && URL.createObjectURL(captions),
  };
}

async function read(files: readonly ResultFile[], name: string, signal: AbortSignal) {
  const file = files.find((one) => one.name === name);
  if (!file) return null;
  const response = await fetch(file.url, { signal, credentials: "omit" }).catch(() => null);
  return response?.ok ? response : null;
}
