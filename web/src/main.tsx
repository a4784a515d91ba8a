/** Start the dashboard: find out where to sign in, who is signed in, and show the page. */
import { type ComponentChild, render } from "preact";
import { answer, createApi } from "./api/client";
import { ApiError } from "./api/problem";
import type { Health } from "./api/types";
import { App } from "./app/app";
import { ApplicationContext } from "./app/context";
import { followLinks, go } from "./app/router";
import { Welcome } from "./app/welcome";
import { ErrorNotice, Loading } from "./parts/notices";
import { IN_WINDOW, Session } from "./sign-in/session";
import { text } from "./text";
import { UploadQueue } from "./upload/queue";
import { savedUploadsOf } from "./upload/saved";

const root = document.getElementById("app") as HTMLElement;
document.addEventListener("click", followLinks);
// A file that is dropped beside the field for it would replace the page, and end all uploads.
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => event.preventDefault());
start();

async function start(): Promise<void> {
  show(<Loading what={text.starting} />);
  try {
    const session = new Session(await health());
    if (location.search === IN_WINDOW) await session.start("/", true);
    else await signedInOrWelcome(session);
  } catch (error) {
    showError(error);
  }
}

async function signedInOrWelcome(session: Session): Promise<void> {
  let error: unknown = null;
  const returnTo = await session.finish(location.search).catch((problem) => {
    error = problem;
    return "/";
  });
  // The code in the address is of no use any more, and nobody should copy it.
  if (returnTo !== null) go(returnTo, true);
  if (session.state.value === "signed-out") show(<Welcome session={session} error={error} />);
  else await showApp(session);
}

async function showApp(session: Session): Promise<void> {
  const api = createApi(session);
  const stop = session.state.watch((state) => {
    if (state === "ended") show(<Welcome session={session} error={null} />);
  });
  const me = await answer(api.GET("/v1/me"));
  stop();
  const uploads = new UploadQueue(api, savedUploadsOf(me.id));
  addEventListener("beforeunload", (event) => uploads.isBusy && event.preventDefault());
  if (me.role === "editor" || me.role === "admin") uploads.restore();
  show(
    <ApplicationContext.Provider value={{ api, session, uploads, me }}>
      <App />
    </ApplicationContext.Provider>,
  );
}

async function health(): Promise<Health> {
  const response = await fetch("/v1/health");
  if (!response.ok) throw new ApiError(response.status, { title: text.noApi });
  return response.json();
}

function show(page: ComponentChild): void {
  render(page, root);
}

function showError(error: unknown): void {
  show(
    <main class="welcome">
      <h1>{text.name}</h1>
      <ErrorNotice error={error} onRetry={start} />
    </main>,
  );
}
