/** Files that somebody chose or dropped, folders included. */

export interface AddedFile {
  file: File;
  /** Only where the browser has the File System Access API. */
  handle?: FileSystemFileHandle;
}

/** Return the files of a drop. It has to be called while the event is handled. */
export async function dropped(transfer: DataTransfer): Promise<AddedFile[]> {
  // The list of items is emptied as soon as the handler has returned, so everything is asked first.
  const asked = [...transfer.items]
    .filter((item) => item.kind === "file")
    .map((item) => {
      const withHandle = item as DataTransferItem & {
        getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
      };
      const entry = item.webkitGetAsEntry();
      const file = item.getAsFile();
      return { handle: withHandle.getAsFileSystemHandle?.(), entry, file };
    });
  const found: AddedFile[] = [];
  for (const { handle, entry, file } of asked) {
    const given = await handle?.catch(() => null);
    if (given) found.push(...(await ofHandle(given)));
    else if (entry) found.push(...(await ofEntry(entry)));
    else if (file) found.push({ file });
  }
  return found;
}

export function chosen(files: FileList | null): AddedFile[] {
  return [...(files ?? [])].map((file) => ({ file }));
}

/** https://wicg.github.io/file-system-access/ */
interface WithPicker {
  showOpenFilePicker?(options: { multiple: boolean }): Promise<FileSystemFileHandle[]>;
}

/** Return whether the browser can remember chosen files, so that an upload survives a reload. */
export function canPick(): boolean {
  return "showOpenFilePicker" in window;
}

/** Ask for files; none if somebody closes the dialog. */
export async function pick(): Promise<AddedFile[]> {
  const handles = await (window as WithPicker)
    .showOpenFilePicker?.({ multiple: true })
    .catch(() => []);
  const files = (handles ?? []).map(async (handle) => ({ file: await handle.getFile(), handle }));
  return Promise.all(files);
}

async function ofHandle(handle: FileSystemHandle): Promise<AddedFile[]> {
  if (handle.kind === "file") {
    const file = handle as FileSystemFileHandle;
    return [{ file: await file.getFile(), handle: file }];
  }
  const found: AddedFile[] = [];
  const folder = handle as FileSystemDirectoryHandle & {
    values(): AsyncIterable<FileSystemHandle>;
  };
  for await (const entry of folder.values()) found.push(...(await ofHandle(entry)));
  return found;
}

async function ofEntry(entry: FileSystemEntry): Promise<AddedFile[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return [{ file }];
  }
  const found: AddedFile[] = [];
  for (const one of await entriesOf(entry as FileSystemDirectoryEntry)) {
    found.push(...(await ofEntry(one)));
  }
  return found;
}

/** A reader returns at most 100 entries at a time, and an empty list at the end. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const found: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (!some.length) return found;
    found.push(...some);
  }
}
