/** A file that is to be sent, or is being sent. */
import { useState } from "preact/hooks";
import { useApplication } from "../app/context";
import { jobAddress } from "../app/router";
import { bytes, percent, roughly } from "../parts/amounts";
import { ErrorNotice } from "../parts/notices";
import { text } from "../text";
import { OptionsForm } from "./options-form";
import type { UploadItem } from "./queue";

export function UploadRow({ item }: { item: UploadItem }) {
  const { uploads } = useApplication();
  const [isOpen, setOpen] = useState(false);
  const { key, state } = item;
  return (
    <li class="upload-row">
      <div class="upload-head">
        <span class="job-name">{item.name}</span>
        <span class="facts">{bytes(item.size)}</span>
        <UploadState item={item} />
        <span class="actions">
          {state === "draft" && (
            <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
              {text.upload.optionsOf}
            </button>
          )}
          {(state === "sending" || state === "waiting") && (
            <button
              type="button"
              aria-label={text.upload.pauseOf(item.name)}
              onClick={() => uploads.pause(key)}
            >
              {text.upload.pause}
            </button>
          )}
          {["paused", "failed", "needs-permission"].includes(state) && (
            <button
              type="button"
              aria-label={text.upload.continueOf(item.name)}
              onClick={() => uploads.resume(key)}
            >
              {text.upload.continue}
            </button>
          )}
          {state === "done" && item.jobId ? (
            <a href={jobAddress(item.jobId)}>{text.upload.openJob}</a>
          ) : (
            <button
              type="button"
              aria-label={text.upload.removeOf(item.name)}
              onClick={() => uploads.remove(key)}
            >
              {text.upload.remove}
            </button>
          )}
        </span>
      </div>
      {state === "draft" && isOpen && (
        <OptionsForm
          id={`options-${key}`}
          options={item.options}
          onChange={(options) => uploads.setOptions(key, options)}
        />
      )}
      {item.error != null && <ErrorNotice error={item.error} />}
    </li>
  );
}

function UploadState({ item }: { item: UploadItem }) {
  const { state, sentBytes, size, bytesPerSecond } = item;
  const isMoving = ["sending", "paused", "joining"].includes(state);
  return (
    <span class="job-state">
      <span class="status">{text.upload.states[state]}</span>
      {isMoving && (
        <>
          <progress max={size} value={sentBytes} aria-label={text.library.progressOf(item.name)} />
          <span class="left">
            {percent(sentBytes / size)}
            {bytesPerSecond
              ? `, ${bytes(bytesPerSecond)}/s, ${text.library.left(roughly((size - sentBytes) / bytesPerSecond))}`
              : ""}
          </span>
        </>
      )}
    </span>
  );
}
