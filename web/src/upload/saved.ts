/** What is kept of unfinished uploads, so that they go on after a reload. */
import { createStore, del, set, values } from "idb-keyval";
import type { UploadOptions } from "../api/types";
import type { FileFacts } from "./plan";

export interface SavedUpload extends FileFacts {
  key: string;
  options: UploadOptions;
  addedAt: number;
  /** Only where the browser has the File System Access API. */
  handle?: FileSystemFileHandle;
}

export interface SavedUploads {
  all(): Promise<SavedUpload[]>;
  keep(upload: SavedUpload): Promise<void>;
  forget(key: string): Promise<void>;
}

/**
 * Return what is kept for a user: on a computer that people share, nobody sees another one's files.
 *
 * A browser without storage, as in private windows of some, uploads without resuming.
 */
export function savedUploadsOf(userId: string): SavedUploads {
  const store = createStore(`lifestream-${userId}`, "uploads");
  return {
    async all() {
      const found = await values<SavedUpload>(store).catch(() => []);
      return found.sort((one, other) => one.addedAt - other.addedAt);
    },
    keep: (upload) => set(upload.key, upload, store).catch(() => {}),
    forget: (key) => del(key, store).catch(() => {}),
  };
}
