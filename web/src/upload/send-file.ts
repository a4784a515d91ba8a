/** Send one file: ask for an upload, send what S3 does not have, and join the parts. */
import { type Api, answer, delay } from "../api/client";
import { isAborted } from "../api/problem";
import type { Upload, UploadOptions } from "../api/types";
import { checksumOf, missingParts, type Part, partsOf, storedBytes } from "./plan";
import { put, TransferError } from "./transfer";

const PARTS_AT_ONCE = 4;
const TRIES = 8;
const LONGEST_WAIT_SECONDS = 30;

export interface Sending {
  file: File;
  /** The idempotency key. */
  key: string;
  options: UploadOptions;
  signal: AbortSignal;
  /** Bytes that have arrived or are on their way. */
  onProgress: (bytes: number) => void;
  onUpload: (upload: Upload) => void;
  onJoining: () => void;
}

/** Return the id of the job. Raises ApiError, TransferError, or the signal's reason. */
export async function sendFile(api: Api, sending: Sending): Promise<string> {
  const upload = await begin(api, sending);
  sending.onUpload(upload);
  if (upload.job_id) return upload.job_id;
  if (upload.whole) await sendWhole(api, sending, upload);
  else await sendParts(api, sending, upload);
  sending.onJoining();
  const params = { path: { upload_id: upload.id } };
  const { signal } = sending;
  const job = await persistently(signal, () =>
    answer(api.POST("/v1/uploads/{upload_id}/complete", { params, signal })),
  );
  return job.job_id;
}

function begin(api: Api, { file, key, options, signal }: Sending): Promise<Upload> {
  return persistently(signal, () =>
    answer(
      api.POST("/v1/uploads", {
        params: { header: { "idempotency-key": key } },
        body: { file_name: file.name, size: file.size, options, with_checksums: true },
        signal,
      }),
    ),
  );
}

async function sendWhole(api: Api, sending: Sending, first: Upload): Promise<void> {
  let upload = first;
  await persistently(sending.signal, async (tries) => {
    if (tries > 1) upload = await begin(api, sending);
    const { whole } = upload;
    // Another attempt may have arrived although its answer was lost.
    if (!whole) return;
    await put(whole.url, sending.file, whole.headers, sending.onProgress, sending.signal);
  });
}

async function sendParts(api: Api, sending: Sending, upload: Upload): Promise<void> {
  const { signal, file, onProgress } = sending;
  const params = { path: { upload_id: upload.id } };
  const { parts: stored } = await persistently(signal, () =>
    answer(api.GET("/v1/uploads/{upload_id}/parts", { params, signal })),
  );
  const parts = partsOf(file.size, upload.part_size);
  const left = missingParts(parts, stored);
  const arrived = { bytes: storedBytes(parts, stored) };
  const onTheirWay = new Map<number, number>();
  const report = () => onProgress([...onTheirWay.values()].reduce((a, b) => a + b, arrived.bytes));
  report();

  const failing = new AbortController();
  const ending = AbortSignal.any([signal, failing.signal]);
  const work = async () => {
    for (let part = left.shift(); part; part = left.shift()) {
      const { number, size } = part;
      await sendPart(api, upload, file, part, ending, (bytes) => {
        onTheirWay.set(number, bytes);
        report();
      });
      onTheirWay.delete(number);
      arrived.bytes += size;
      report();
    }
  };
  try {
    await Promise.all(Array.from({ length: PARTS_AT_ONCE }, work));
  } catch (error) {
    failing.abort(error);
    throw error;
  }
}

/**
 * Each try asks for a new address: the one before may have expired.
 *
 * The signature covers the checksum of the part, so S3 refuses bytes that changed on their way.
 * Raises NotReadableError if the file was changed or deleted after it was chosen.
 */
function sendPart(
  api: Api,
  upload: Upload,
  file: File,
  { number, start, size }: Part,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<string | null> {
  const params = { path: { upload_id: upload.id } };
  return persistently(signal, async () => {
    onProgress(0);
    const bytes = file.slice(start, start + size);
    const body = { numbers: [number], sha256: [await checksumOf(bytes)] };
    const { parts } = await answer(
      api.POST("/v1/uploads/{upload_id}/parts", { params, body, signal }),
    );
    const [part] = parts;
    return put(part?.url ?? "", bytes, part?.headers ?? {}, onProgress, signal);
  });
}

/** Try again what a lost connection broke; while the browser is offline, wait for it. */
async function persistently<T>(
  signal: AbortSignal,
  act: (tries: number) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await act(tries);
    } catch (error) {
      if (signal.aborted || isAborted(error) || tries >= TRIES || !isPassing(error)) throw error;
    }
    await online(signal);
    await delay(Math.min(2 ** (tries - 1), LONGEST_WAIT_SECONDS), signal);
  }
}

function isPassing(error: unknown): boolean {
  if (error instanceof TypeError) return true; // `fetch` got no answer
  if (!(error instanceof TransferError)) return false;
  return error.isExpired || error.status === 0 || error.status >= 500;
}

async function online(signal: AbortSignal): Promise<void> {
  if (navigator.onLine) return;
  await new Promise<void>((resolve) => {
    addEventListener("online", () => resolve(), { once: true, signal });
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  signal.throwIfAborted();
}
