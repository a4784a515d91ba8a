/** The uploads of this tab: two files at a time, and never one that another tab is sending. */
import { type Api, answer } from "../api/client";
import { isAborted } from "../api/problem";
import type { UploadOptions } from "../api/types";
import { Store } from "../parts/store";
import type { AddedFile } from "./added-files";
import { fileKey, isSameFile, refusalOf, Speed } from "./plan";
import type { SavedUpload, SavedUploads } from "./saved";
import { sendFile } from "./send-file";

/**
 * - `draft`: the options can be changed; nothing is sent yet.
 * - `needs-file`: the page was loaded again, and the browser has to be given the same file.
 * - `needs-permission`: the browser knows the file, and asks whether the page may read it.
 * - `elsewhere`: another tab sends this file.
 */
export type UploadState =
  | "draft"
  | "waiting"
  | "sending"
  | "joining"
  | "paused"
  | "needs-file"
  | "needs-permission"
  | "elsewhere"
  | "done"
  | "failed";

export interface UploadItem extends SavedUpload {
  state: UploadState;
  file: File | null;
  sentBytes: number;
  bytesPerSecond: number | null;
  uploadId: string | null;
  jobId: string | null;
  error: unknown;
}

const FILES_AT_ONCE = 2;
const STARTED: readonly UploadState[] = ["sending", "joining"];

export class UploadQueue {
  readonly items = new Store<readonly UploadItem[]>([]);
  readonly #api: Api;
  readonly #saved: SavedUploads;
  readonly #running = new Map<string, AbortController>();

  constructor(api: Api, saved: SavedUploads) {
    this.#api = api;
    this.#saved = saved;
  }

  /** Bring back what an earlier visit did not finish. */
  async restore(): Promise<void> {
    for (const saved of await this.#saved.all()) {
      if (this.#find(saved.key)) continue;
      this.#add({ ...newItem(saved), state: saved.handle ? "needs-permission" : "needs-file" });
      if (await isSentElsewhere(saved.key)) this.#waitForTheOther(saved.key);
      else if (saved.handle) await this.#useHandle(saved.key, false);
    }
  }

  /** Add files as drafts. A file that an unfinished upload waits for continues that upload. */
  async add(files: readonly AddedFile[]): Promise<void> {
    for (const { file, handle } of files) {
      if (refusalOf(file)) continue;
      const { name, size, lastModified } = file;
      const key = await fileKey(file);
      const known = this.#find(key);
      if (known?.state === "needs-file" || known?.state === "needs-permission") {
        this.#change(key, { file, state: "waiting" });
      } else if (!known) {
        const saved = { key, name, size, lastModified, options: {}, addedAt: Date.now() };
        this.#add({ ...newItem(handle ? { ...saved, handle } : saved), file, state: "draft" });
      }
    }
    this.#fill();
  }

  setOptions(key: string, options: UploadOptions): void {
    if (this.#find(key)?.state === "draft") this.#change(key, { options });
  }

  /** Send all drafts. */
  start(): void {
    for (const item of this.items.value) {
      if (item.state !== "draft") continue;
      this.#change(item.key, { state: "waiting" });
      this.#saved.keep(savedOf(item));
    }
    this.#fill();
  }

  pause(key: string): void {
    this.#change(key, { state: "paused", bytesPerSecond: null });
    this.#running.get(key)?.abort();
  }

  async resume(key: string): Promise<void> {
    const item = this.#find(key);
    if (!item) return;
    if (item.file) this.#change(key, { state: "waiting", error: null });
    else await this.#useHandle(key, true);
    this.#fill();
  }

  /** Give an upload up. S3 deletes its parts. */
  async remove(key: string): Promise<void> {
    const item = this.#find(key);
    this.#running.get(key)?.abort();
    this.items.update((items) => items.filter((one) => one.key !== key));
    await this.#saved.forget(key);
    if (!item?.uploadId || item.jobId) return;
    const params = { path: { upload_id: item.uploadId } };
    await answer(this.#api.DELETE("/v1/uploads/{upload_id}", { params })).catch(() => {});
  }

  get isBusy(): boolean {
    return this.items.value.some((item) => [...STARTED, "waiting"].includes(item.state));
  }

  #fill(): void {
    const free = FILES_AT_ONCE - this.#running.size;
    const waiting = this.items.value.filter((item) => item.state === "waiting");
    for (const item of waiting.slice(0, Math.max(free, 0))) this.#run(item.key);
  }

  async #run(key: string): Promise<void> {
    const ending = new AbortController();
    this.#running.set(key, ending);
    try {
      const isMine = await this.#alone(key, ending.signal, () => this.#send(key, ending.signal));
      if (!isMine) this.#waitForTheOther(key);
    } catch (error) {
      if (!isAborted(error)) this.#change(key, { state: "failed", error, bytesPerSecond: null });
    } finally {
      this.#running.delete(key);
      this.#fill();
    }
  }

  async #send(key: string, signal: AbortSignal): Promise<void> {
    const item = this.#find(key);
    if (!item?.file) return;
    const speed = new Speed();
    this.#change(key, { state: "sending", error: null });
    const jobId = await sendFile(this.#api, {
      file: item.file,
      key,
      options: item.options,
      signal,
      onUpload: (upload) => this.#change(key, { uploadId: upload.id }),
      onJoining: () => this.#change(key, { state: "joining", bytesPerSecond: null }),
      onProgress: (sentBytes) => {
        speed.note(performance.now(), sentBytes);
        this.#change(key, { sentBytes, bytesPerSecond: speed.bytesPerSecond });
      },
    });
    this.#change(key, { state: "done", jobId, sentBytes: item.size });
    await this.#saved.forget(key);
  }

  /** Act while no other tab sends this file. Return false if one does. */
  async #alone(key: string, signal: AbortSignal, act: () => Promise<void>): Promise<boolean> {
    return navigator.locks.request(lockOf(key), { ifAvailable: true }, async (lock) => {
      if (!lock) return false;
      signal.throwIfAborted();
      await act();
      return true;
    });
  }

  /** When the other tab has ended, this one finishes or finds that all has arrived. */
  #waitForTheOther(key: string): void {
    this.#change(key, { state: "elsewhere" });
    navigator.locks.request(lockOf(key), () => this.#takeOver(key)).then(() => this.#fill());
  }

  /** The other tab has ended. If it has not finished, this one goes on. */
  async #takeOver(key: string): Promise<void> {
    const item = this.#find(key);
    if (item?.state !== "elsewhere") return;
    const isUnfinished = (await this.#saved.all()).some((saved) => saved.key === key);
    if (item.file) this.#change(key, { state: "waiting" });
    else if (isUnfinished) this.#change(key, { state: "needs-file" });
    else this.items.update((items) => items.filter((one) => one.key !== key));
  }

  /** Read the file through the handle that the browser kept. `mayAsk`: somebody has clicked. */
  async #useHandle(key: string, mayAsk: boolean): Promise<void> {
    const handle = this.#find(key)?.handle as PermittedHandle | undefined;
    if (!handle) return this.#change(key, { state: "needs-file" });
    try {
      const mode = { mode: "read" } as const;
      const given = mayAsk
        ? await handle.requestPermission?.(mode)
        : await handle.queryPermission?.(mode);
      if (given !== "granted") return;
      const file = await handle.getFile();
      const item = this.#find(key);
      if (item && isSameFile(file, item)) this.#change(key, { file, state: "waiting" });
      else this.#change(key, { state: "needs-file" });
    } catch {
      this.#change(key, { state: "needs-file" }); // moved or deleted
    }
    this.#fill();
  }

  #find(key: string): UploadItem | undefined {
    return this.items.value.find((item) => item.key === key);
  }

  #add(item: UploadItem): void {
    this.items.update((items) => [...items, item]);
  }

  #change(key: string, change: Partial<UploadItem>): void {
    this.items.update((items) =>
      items.map((item) => (item.key === key ? { ...item, ...change } : item)),
    );
  }
}

/** https://wicg.github.io/file-system-access/ */
interface PermittedHandle extends FileSystemFileHandle {
  queryPermission?(wanted: { mode: "read" }): Promise<PermissionState>;
  requestPermission?(wanted: { mode: "read" }): Promise<PermissionState>;
}

function newItem(saved: SavedUpload): UploadItem {
  return {
    ...saved,
    state: "draft",
    file: null,
    sentBytes: 0,
    bytesPerSecond: null,
    uploadId: null,
    jobId: null,
    error: null,
  };
}

function savedOf({ key, name, size, lastModified, options, addedAt, handle }: UploadItem) {
  const saved: SavedUpload = { key, name, size, lastModified, options, addedAt };
  return handle ? { ...saved, handle } : saved;
}

async function isSentElsewhere(key: string): Promise<boolean> {
  return navigator.locks.request(lockOf(key), { ifAvailable: true }, (lock) => lock === null);
}

function lockOf(key: string): string {
  return `lifestream-upload-${key}`;
}
