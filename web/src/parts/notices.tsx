/** What a page says when it waits, when there is nothing, and when something went wrong. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { ApiError } from "../api/problem";
import { text } from "../text";

export function Loading({ what }: { what: string }) {
  return (
    <p class="loading" role="status">
      {what}
    </p>
  );
}

interface EmptyProps {
  title: string;
  /** True if there is nothing else on the page, so that this is its heading. */
  isPage?: boolean;
  children?: ComponentChildren;
}

export function Empty({ title, isPage = false, children }: EmptyProps) {
  return (
    <div class="empty">
      {isPage ? <h1>{title}</h1> : <h2>{title}</h2>}
      {children}
    </div>
  );
}

/** What went wrong, and what to do about it. When the network is back, the page tries again. */
export function ErrorNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { title, detail, advice } = described(error);
  useLayoutEffect(() => {
    if (!onRetry || !(error instanceof TypeError)) return;
    addEventListener("online", onRetry);
    return () => removeEventListener("online", onRetry);
  });
  return (
    <div class="error" role="alert">
      <p>
        <strong>{title}</strong>
        {detail && <span> {detail}</span>}
      </p>
      {advice && <p>{advice}</p>}
      {onRetry && (
        <button type="button" onClick={onRetry}>
          {text.tryAgain}
        </button>
      )}
    </div>
  );
}

export function described(error: unknown): { title: string; detail: string; advice: string } {
  if (error instanceof ApiError) {
    return { title: `${error.title}.`, detail: error.message, advice: error.advice };
  }
  if (error instanceof TypeError) return text.noConnection;
  if (error instanceof DOMException && error.name === "NotReadableError") {
    return text.upload.unreadable;
  }
  const detail = error instanceof Error ? error.message : String(error);
  return { title: text.unexpected, detail, advice: "" };
}

/** Text in which the hits are marked. */
export function Marked({ pieces }: { pieces: readonly { text: string; isHit: boolean }[] }) {
  return (
    <>
      {pieces.map((piece, place) =>
        piece.isHit ? <mark key={place}>{piece.text}</mark> : piece.text,
      )}
    </>
  );
}
