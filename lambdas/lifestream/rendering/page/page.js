"use strict";

const video = document.querySelector("video");
const notice = document.querySelector(".notice");
const follow = document.querySelector(".follow");
const field = document.querySelector("[type=search]");
const count = document.querySelector("output");
const sentences = [...document.querySelectorAll(".said")];
const starts = sentences.map((sentence) => Number(sentence.dataset.start));
const chapters = [...document.querySelectorAll(".chapters li")];
const chapterStarts = chapters.map((item) => Number(item.querySelector(".moment").dataset.seek));

/* The recording, video or audio: what the page was made with, or a file of the reader's. */

function play(source) {
  notice.textContent = "";
  video.src = source;
}

function lastBefore(times, seconds) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= seconds) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function only(elements, name, chosen) {
  elements.forEach((element, position) => element.classList.toggle(name, position === chosen));
}

function show(element) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
}

let now = -1;
function mark(seconds) {
  const position = lastBefore(starts, seconds + 0.05);
  if (position === now) return;
  now = position;
  only(sentences, "now", position);
  only(chapters, "now", lastBefore(chapterStarts, seconds + 0.05));
  if (position >= 0 && follow.checked) show(sentences[position]);
}

function seek(seconds) {
  if (video.src) {
    video.currentTime = seconds;
    video.play().catch(() => {});
  }
  now = -1;
  mark(seconds);
}

video.addEventListener("timeupdate", () => mark(video.currentTime));
video.addEventListener("loadedmetadata", () => video.classList.toggle("audio", !video.videoHeight));
video.addEventListener("error", () => {
  if (video.src) notice.textContent = "The recording cannot be played from there: choose the file.";
  video.removeAttribute("src");
});
document.querySelector("[type=file]").addEventListener("change", (event) => {
  const [file] = event.target.files;
  if (file) play(URL.createObjectURL(file));
});
document.addEventListener("click", (event) => {
  const place = event.target.closest(".said, .moment");
  if (place) seek(Number(place.dataset.start ?? place.dataset.seek));
});

/* Captions in the player. */

const track = video.addTextTrack("captions", "Transcript", document.documentElement.lang);
track.mode = "hidden";
for (const [start, end, text] of JSON.parse(document.getElementById("cues").textContent)) {
  const safe = text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  track.addCue(new VTTCue(start, end, safe));
}

/* Search: without regard to case and accents. */

const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const texts = sentences.map((sentence) => plain(sentence.textContent));
let found = [];
let current = -1;

function choose(position) {
  if (!found.length) return;
  current = (position + found.length) % found.length;
  only(sentences, "current", found[current]);
  count.textContent = `${current + 1} of ${found.length}`;
  show(sentences[found[current]]);
}

function search() {
  const wanted = plain(field.value.trim());
  found = [];
  texts.forEach((text, position) => {
    const fits = wanted !== "" && text.includes(wanted);
    sentences[position].classList.toggle("found", fits);
    if (fits) found.push(position);
  });
  current = -1;
  only(sentences, "current", -1);
  count.textContent = wanted && !found.length ? "not said" : "";
  choose(0);
}

field.addEventListener("input", search);
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter") choose(current + (event.shiftKey ? -1 : 1));
});

/* Keys: space plays, arrows go five seconds, a slash searches, Enter goes to a sentence. */

document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, video") || event.ctrlKey || event.metaKey || event.altKey) return;
  const sentence = event.target.closest(".said");
  if (event.key === "Enter" && sentence) seek(Number(sentence.dataset.start));
  else if (event.key === "/") field.focus();
  else if (event.key === " " && !event.target.matches("button") && video.src) {
    if (video.paused) video.play().catch(() => {});
    else video.pause();
  } else if (event.key === "ArrowLeft" && video.src) video.currentTime -= 5;
  else if (event.key === "ArrowRight" && video.src) video.currentTime += 5;
  else return;
  event.preventDefault();
});

if (video.dataset.video) play(video.dataset.video);
else notice.textContent = "Choose the recording's file to play it here.";
const asked = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash);
if (asked) {
  const seconds = Number(asked[1]);
  video.addEventListener("loadedmetadata", () => { video.currentTime = seconds; }, { once: true });
  mark(seconds);
}
