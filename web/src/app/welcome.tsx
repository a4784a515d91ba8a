/** What somebody sees who is not signed in. */
import { useState } from "preact/hooks";
import { ErrorNotice } from "../parts/notices";
import type { Session } from "../sign-in/session";
import { text } from "../text";

export function Welcome({ session, error }: { session: Session; error: unknown }) {
  const [isLeaving, setLeaving] = useState(false);
  const start = () => {
    setLeaving(true);
    session.start(location.pathname + location.search).catch(() => setLeaving(false));
  };
  return (
    <main class="welcome">
      <h1>{text.name}</h1>
      <p>{text.signIn.welcome}</p>
      {error != null && <ErrorNotice error={error} />}
      <button type="button" class="primary" disabled={isLeaving} onClick={start}>
        {text.signIn.in}
      </button>
    </main>
  );
}
