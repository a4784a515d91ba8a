/** The recording, video or audio: what the page was made with, or a file of the reader's. */
import { held, lines, notice, one, video } from "./elements";
import { duration, mark, play, seek } from "./position";

/** `empty`: there is no recording. `ready`: the poster is shown. `on`: it was played. */
type State = "empty" | "ready" | "on";

const player = one(".player");
const button = one(".start");
const chooser = one<HTMLInputElement>("[type=file]");

export function start(): void {
  if (video.dataset.video) load(video.dataset.video);
  else {
    enter("empty");
    notice.textContent = "Choose the recording's file to play it here. It stays on this computer.";
  }
}

function enter(state: State): void {
  player.dataset.state = state;
  button.hidden = state === "on";
  button.textContent = state === "empty" ? "Choose the recording" : "Play";
}

function load(source: string): void {
  notice.textContent = "";
  video.src = source;
  enter("ready");
}

function take(file: File | undefined): void {
  if (file) load(URL.createObjectURL(file));
}

button.addEventListener("click", () => {
  if (video.src) play();
  else chooser.click();
});
for (const event of ["play", "seeking"]) video.addEventListener(event, () => enter("on"));
video.addEventListener("timeupdate", () => mark(video.currentTime));
video.addEventListener("loadedmetadata", () => {
  video.classList.toggle("audio", !video.videoHeight);
  addCaptions();
});
video.addEventListener("error", () => {
  if (video.src) {
    notice.textContent = "The recording cannot be played from there: choose the file.";
  }
  video.removeAttribute("src");
  enter("empty");
});
chooser.addEventListener("change", () => take(chooser.files?.[0]));
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  take(event.dataTransfer?.files[0]);
});
document.addEventListener("click", (event) => {
  const target = event.target as Element;
  const lane = target.closest(".lane");
  if (lane) {
    const box = lane.getBoundingClientRect();
    seek((duration * (event.clientX - box.left)) / box.width);
  }
  const place = target.closest<HTMLElement>(".said, [data-seek]");
  if (!place || !getSelection()?.isCollapsed) return;
  seek(Number(place.dataset.start ?? place.dataset.seek));
});

const track = video.addTextTrack("captions", "Transcript", lines.lang);
track.mode = "hidden";

/** Add the captions as soon as it plays: a long recording has thousands. */
function addCaptions(): void {
  for (const [from, to, text] of track.cues?.length ? [] : held.cues) {
    const safe = text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
    track.addCue(new VTTCue(from, to, safe));
  }
}
