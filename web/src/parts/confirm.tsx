/** Ask before something that cannot be undone. */
import { useEffect, useRef } from "preact/hooks";
import { text } from "../text";

export interface Question {
  title: string;
  detail: string;
  yes: string;
  onYes: () => void;
}

export function Confirm({ question, onClose }: { question: Question; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby="confirm-title" onClose={onClose}>
      <h2 id="confirm-title">{question.title}</h2>
      <p>{question.detail}</p>
      <div class="actions">
        <button type="button" onClick={() => dialog.current?.close()}>
          {text.keep}
        </button>
        <button
          type="button"
          class="primary"
          onClick={() => {
            question.onYes();
            dialog.current?.close();
          }}
        >
          {question.yes}
        </button>
      </div>
    </dialog>
  );
}
