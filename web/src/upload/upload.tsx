/** The page where people upload files. Uploads go on while they look at other pages. */
import { useRef, useState } from "preact/hooks";
import type { UploadOptions } from "../api/types";
import { useApplication, useMayEdit } from "../app/context";
import { Empty } from "../parts/notices";
import { useStore } from "../parts/store";
import { text } from "../text";
import { type AddedFile, canPick, chosen, dropped, pick } from "./added-files";
import { OptionsForm } from "./options-form";
import { ACCEPTED, refusalOf } from "./plan";
import { UploadRow } from "./upload-row";

export function UploadPage() {
  const { uploads } = useApplication();
  const mayEdit = useMayEdit();
  const items = useStore(uploads.items);
  const [refused, setRefused] = useState<string[]>([]);
  const [isOver, setOver] = useState(false);
  if (!mayEdit) {
    return (
      <main>
        <Empty title={text.upload.notAllowed} isPage>
          <p>{text.upload.notAllowedAdvice}</p>
        </Empty>
      </main>
    );
  }
  const add = (files: readonly AddedFile[]) => {
    setRefused(reasonsOf(files));
    uploads.add(files);
  };
  const drafts = items.filter((item) => item.state === "draft");
  return (
    <main class="upload">
      <h1>{text.upload.title}</h1>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the buttons in it do the same */}
      <div
        class={`drop ${isOver ? "over" : ""}`}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          if (event.dataTransfer) dropped(event.dataTransfer).then(add);
        }}
      >
        <p>{text.upload.drop}</p>
        <Chooser label={text.upload.chooseFiles} onFiles={add} />
        <Chooser label={text.upload.chooseFolder} onFiles={add} isFolder />
        <p class="hint">{text.upload.kinds}</p>
      </div>
      {refused.length > 0 && (
        <div class="error" role="alert">
          {refused.map((reason) => (
            <p key={reason}>{reason}</p>
          ))}
        </div>
      )}
      {drafts.length > 0 && (
        <div class="drafts">
          {drafts.length > 1 && <OptionsForAll keys={drafts.map((item) => item.key)} />}
          <button type="button" class="primary" onClick={() => uploads.start()}>
            {text.upload.start(drafts.length)}
          </button>
        </div>
      )}
      <ul class="uploads" aria-label={text.upload.listLabel}>
        {items.map((item) => (
          <UploadRow key={item.key} item={item} />
        ))}
      </ul>
    </main>
  );
}

interface ChooserProps {
  label: string;
  onFiles: (files: readonly AddedFile[]) => void;
  isFolder?: boolean;
}

function Chooser({ label, onFiles, isFolder = false }: ChooserProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        onClick={() => {
          if (canPick() && !isFolder) pick().then(onFiles);
          else input.current?.click();
        }}
      >
        {label}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        aria-label={label}
        {...(isFolder ? { webkitdirectory: true } : { accept: ACCEPTED })}
        onChange={(event) => {
          onFiles(chosen(event.currentTarget.files));
          event.currentTarget.value = "";
        }}
      />
    </>
  );
}

function OptionsForAll({ keys }: { keys: readonly string[] }) {
  const { uploads } = useApplication();
  const [options, setOptions] = useState<UploadOptions>({});
  return (
    <details>
      <summary>{text.upload.optionsOfAll}</summary>
      <OptionsForm
        id="options-all"
        options={options}
        onChange={(changed) => {
          setOptions(changed);
          for (const key of keys) uploads.setOptions(key, changed);
        }}
      />
    </details>
  );
}

/** Folders often hold other files: these are counted, and not listed one by one. */
function reasonsOf(files: readonly AddedFile[]): string[] {
  const refused = files.map(({ file }) => ({ file, reason: refusalOf(file) }));
  const others = refused.filter(({ reason }) => reason === "type");
  const named = refused
    .filter(({ reason }) => reason === "empty" || reason === "name")
    .map(({ file, reason }) => `${file.name}: ${text.upload.refusals[reason as "empty" | "name"]}`);
  if (!others.length) return named;
  const [first] = others;
  return [
    ...named,
    others.length === 1 && first
      ? `${first.file.name}: ${text.upload.refusals.type}`
      : text.upload.skipped(others.length),
  ];
}
