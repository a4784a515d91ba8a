/** The frame of all pages: navigation, who is signed in, and messages that concern all of them. */
import { useEffect, useRef, useState } from "preact/hooks";
import { JobPage } from "../job/job";
import { LibraryPage } from "../library/library";
import { Empty } from "../parts/notices";
import { useStore } from "../parts/store";
import { SearchPage } from "../search/search";
import { text } from "../text";
import { UploadPage } from "../upload/upload";
import { useApplication, useMayEdit } from "./context";
import { type Route, routeOf, useAddress } from "./router";

export function App() {
  const { me, session } = useApplication();
  const state = useStore(session.state);
  const { path, search } = useAddress();
  const route = routeOf(path, search);
  useNewPage(route.page);
  return (
    <>
      <a class="skip" href="#content">
        {text.skip}
      </a>
      <Navigation page={route.page} />
      <div role="status">
        {state === "ended" && (
          <div class="banner">
            <p>{text.signIn.ended}</p>
            <button type="button" class="primary" onClick={() => session.startInWindow()}>
              {text.signIn.again}
            </button>
          </div>
        )}
        <Offline />
      </div>
      <div id="content" tabIndex={-1}>
        {me.role ? <Page route={route} search={search} /> : <WithoutRole />}
      </div>
    </>
  );
}

/** Whoever cannot see the page learns that it is another one: by its title, and by the focus. */
function useNewPage(page: Route["page"]): void {
  const shown = useRef(page);
  useEffect(() => {
    document.title = page === "job" ? text.name : `${text.titles[page]} · ${text.name}`;
    if (shown.current !== page) document.getElementById("content")?.focus();
    shown.current = page;
  }, [page]);
}

function Page({ route, search }: { route: Route; search: string }) {
  switch (route.page) {
    case "library":
      return <LibraryPage />;
    case "upload":
      return <UploadPage />;
    case "search":
      return <SearchPage question={route.question} />;
    case "job":
      return <JobPage key={route.jobId} jobId={route.jobId} search={search} />;
    case "unknown":
      return (
        <main>
          <Empty title={text.noPage} isPage>
            <a href="/">{text.job.toLibrary}</a>
          </Empty>
        </main>
      );
  }
}

function Navigation({ page }: { page: Route["page"] }) {
  const { me, session, uploads } = useApplication();
  const items = useStore(uploads.items);
  const mayEdit = useMayEdit();
  const open = items.filter((item) => item.state !== "draft" && item.state !== "done");
  const link = (target: Route["page"], address: string, label: string) => (
    <a href={address} aria-current={page === target ? "page" : undefined}>
      {label}
    </a>
  );
  return (
    <header class="top">
      <a class="brand" href="/">
        {text.name}
      </a>
      <nav aria-label={text.navigation}>
        {link("library", "/", text.library.title)}
        {link("search", "/search", text.search.short)}
        {mayEdit &&
          link(
            "upload",
            "/upload",
            open.length ? text.upload.open(open.length) : text.upload.short,
          )}
      </nav>
      <span class="who">
        {me.name ?? me.id}
        {me.role && <span class="hint"> {text.roles[me.role] ?? me.role}</span>}
      </span>
      <button type="button" class="quiet" onClick={() => session.signOut()}>
        {text.signIn.out}
      </button>
    </header>
  );
}

function WithoutRole() {
  return (
    <main>
      <Empty title={text.signIn.noRole} isPage>
        <p>{text.signIn.noRoleAdvice}</p>
      </Empty>
    </main>
  );
}

function Offline() {
  const [isOnline, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const read = () => setOnline(navigator.onLine);
    addEventListener("online", read);
    addEventListener("offline", read);
    return () => {
      removeEventListener("online", read);
      removeEventListener("offline", read);
    };
  }, []);
  return isOnline ? null : <p class="banner">{text.offline}</p>;
}
