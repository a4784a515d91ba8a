/** The addresses of the dashboard. CloudFront answers all of them with index.html. */
import { useEffect, useState } from "preact/hooks";

export type Route =
  | { page: "library" }
  | { page: "upload" }
  | { page: "search"; question: string }
  | { page: "job"; jobId: string }
  | { page: "unknown" };

export function routeOf(path: string, search = ""): Route {
  const [first = "", second = "", ...more] = path.split("/").filter(Boolean);
  if (more.length) return { page: "unknown" };
  if (!first) return { page: "library" };
  if (first === "upload" && !second) return { page: "upload" };
  if (first === "search" && !second) {
    return { page: "search", question: new URLSearchParams(search).get("q") ?? "" };
  }
  if (first === "jobs" && /^[\w-]{1,64}$/.test(second)) return { page: "job", jobId: second };
  return { page: "unknown" };
}

/** Return the address of a job, at a moment of its recording if one is given. */
export function jobAddress(jobId: string, seconds?: number): string {
  const moment = seconds === undefined ? "" : `?t=${Math.floor(seconds)}`;
  return `/jobs/${encodeURIComponent(jobId)}${moment}`;
}

const CHANGED = "lifestream:address";

export function go(address: string, isReplaced = false): void {
  history[isReplaced ? "replaceState" : "pushState"](null, "", address);
  dispatchEvent(new Event(CHANGED));
}

/** Return the address that is shown, as `location` has it. */
export function useAddress(): { path: string; search: string } {
  const [address, setAddress] = useState(addressNow);
  useEffect(() => {
    const read = () => setAddress(addressNow());
    addEventListener("popstate", read);
    addEventListener(CHANGED, read);
    return () => {
      removeEventListener("popstate", read);
      removeEventListener(CHANGED, read);
    };
  }, []);
  return address;
}

/** Follow links within the dashboard without loading it again. */
export function followLinks(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const isPlain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey);
  if (!link || !isPlain || event.defaultPrevented || link.target || link.hasAttribute("download")) {
    return;
  }
  if (link.origin !== location.origin || /^\/(v1|docs)\b/.test(link.pathname)) return;
  event.preventDefault();
  if (link.hash) document.getElementById(link.hash.slice(1))?.focus();
  else go(link.pathname + link.search);
}

function addressNow() {
  return { path: location.pathname, search: location.search };
}
