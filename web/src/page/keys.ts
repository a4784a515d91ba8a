/**
 * The keys of the player, and those of the transcript: up and down go from sentence to sentence, and
 * Enter plays.
 */
import { type Command, commandOf, focusOf, toggleCaptions } from "../player/keys";
import { sentences, startOf, video } from "./elements";
import { at, play, seek, show } from "./position";
import { field } from "./search";
import { open } from "./tabs";

function walk(step: number): void {
  const here = sentences.indexOf(document.activeElement as HTMLElement);
  const next = sentences[here < 0 ? Math.max(at.sentence, 0) : here + step];
  if (!next) return;
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
  show(next);
}

/** Return whether the key was one of the transcript's. */
function read(event: KeyboardEvent, target: Element): boolean {
  const sentence = target.closest<HTMLElement>(".said");
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (event.key === "Enter" && sentence) seek(startOf(sentence));
  else if (step && target.closest(".lines")) walk(step);
  else return false;
  return true;
}

/** Return whether there is a recording to obey. */
function obey(command: Command): boolean {
  if (command.kind === "find") {
    open("transcript");
    field.focus();
    return true;
  }
  if (!video.src) return false;
  if (command.kind === "captions") toggleCaptions(video);
  else if (command.kind === "skip") video.currentTime += command.seconds;
  else if (video.paused) play();
  else video.pause();
  return true;
}

document.addEventListener("keydown", (event) => {
  const focus = focusOf(event.target);
  if (focus === "field" || event.ctrlKey || event.metaKey || event.altKey) return;
  const command = commandOf(event, focus);
  const isDone = read(event, event.target as Element) || (command && obey(command));
  if (isDone) event.preventDefault();
});
