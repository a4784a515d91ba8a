/**
 * The script of the result page (result.html).
 *
 * `npm run page` bundles it into lambdas/lifestream/rendering/page/page.js, which is committed: a
 * Lambda function renders the page, and it has no Node. The page's elements are those of page.html.
 * Without this script, everything on the page can still be read.
 */
import "./copies";
import "./keys";
import "./search";
import { momentIn } from "../player/clock";
import { video } from "./elements";
import { start } from "./player";
import { mark } from "./position";
import { open } from "./tabs";

/** Go to the moment that the address asks for: #t=83, #t=1:23 or ?t=83. */
function go(): void {
  const seconds = momentIn(location.hash + location.search);
  if (seconds === null) return;
  const jump = () => {
    video.currentTime = seconds;
  };
  open("transcript");
  if (video.readyState) jump();
  else video.addEventListener("loadedmetadata", jump, { once: true });
  mark(seconds);
}

start();
addEventListener("hashchange", go);
go();
