"use strict";

const one = (selector) => document.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const video = one("video");
const player = one(".player");
const start = one(".start");
const notice = one(".notice");
const chooser = one("[type=file]");
const follow = one(".follow");
const field = one("[type=search]");
const count = one("output");
const lines = one(".lines");
const sentences = all(".said");
const starts = sentences.map((sentence) => Number(sentence.dataset.start));
const chapters = all(".chapters li");
const chapterStarts = chapters.map((item) => Number(item.querySelector(".moment").dataset.seek));
const heads = all(".head");
const held = JSON.parse(one("#held").textContent);
const duration = held.seconds || 1;

/* Times. */

function clock(seconds) {
  const whole = Math.floor(seconds);
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
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

function asked() {
  const found = /[#?&]t=(?:(\d+):)?(?:(\d+):)?(\d+(?:\.\d+)?)/.exec(location.hash + location.search);
  if (!found) return null;
  return found.slice(1).filter(Boolean).reduce((total, part) => total * 60 + Number(part), 0);
}

/* Tabs: the transcript first. Without script, everything is shown. */

const tabs = all("[role=tab]").filter((tab) => document.getElementById(tab.getAttribute("aria-controls")));

function open(name) {
  if (tabs.length < 2) return;
  for (const tab of tabs) {
    const panel = document.getElementById(tab.getAttribute("aria-controls"));
    const isOpen = panel.id === name;
    tab.setAttribute("aria-selected", isOpen);
    tab.tabIndex = isOpen ? 0 : -1;
    panel.hidden = !isOpen;
  }
}

if (tabs.length > 1) {
  one(".tabs").hidden = false;
  for (const tab of tabs) {
    const panel = document.getElementById(tab.getAttribute("aria-controls"));
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    tab.addEventListener("click", () => open(panel.id));
  }
  one(".tabs").addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
    next.click();
    next.focus();
    event.stopPropagation();
  });
  open("transcript");
}
if (matchMedia("(max-width: 59.99rem)").matches) for (const list of all(".watch details")) list.open = false;

/* What is marked and shown: the sentence and chapter of the moment. */

const marks = new Map();
function only(elements, name, chosen) {
  marks.get(name)?.classList.remove(name);
  marks.delete(name);
  if (!elements[chosen]) return;
  elements[chosen].classList.add(name);
  marks.set(name, elements[chosen]);
}

function show(element) {
  if (!element.offsetParent) return;
  const box = element.getBoundingClientRect();
  if (box.top > innerHeight * 0.25 && box.bottom < innerHeight * 0.85) return;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
}

let at = 0;
let now = -1;
let chapter = null;
function mark(seconds) {
  at = seconds;
  one("time").textContent = clock(seconds);
  const x = String((1000 * seconds) / duration);
  for (const head of heads) for (const end of ["x1", "x2"]) head.setAttribute(end, x);
  const position = lastBefore(starts, seconds + 0.05);
  if (position === now) return;
  now = position;
  only(sentences, "now", position);
  chapter?.classList.remove("now");
  chapter = chapters[lastBefore(chapterStarts, seconds + 0.05)];
  chapter?.classList.add("now");
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

/* The recording, video or audio: what the page was made with, or a file of the reader's. */

function enter(state) {
  player.dataset.state = state;
  start.hidden = state === "on";
  start.textContent = state === "empty" ? "Choose the recording" : "Play";
}

function play(source) {
  notice.textContent = "";
  video.src = source;
  enter("ready");
}

function take(file) {
  if (file) play(URL.createObjectURL(file));
}

start.addEventListener("click", () => {
  if (!video.src) chooser.click();
  else video.play().catch(() => {});
});
for (const event of ["play", "seeking"]) video.addEventListener(event, () => enter("on"));
video.addEventListener("timeupdate", () => mark(video.currentTime));
video.addEventListener("loadedmetadata", () => video.classList.toggle("audio", !video.videoHeight));
video.addEventListener("error", () => {
  if (video.src) notice.textContent = "The recording cannot be played from there: choose the file.";
  video.removeAttribute("src");
  enter("empty");
});
chooser.addEventListener("change", () => take(chooser.files[0]));
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  take(event.dataTransfer.files[0]);
});
document.addEventListener("click", (event) => {
  const lane = event.target.closest(".lane");
  if (lane) {
    const box = lane.getBoundingClientRect();
    seek((duration * (event.clientX - box.left)) / box.width);
  }
  const place = event.target.closest(".said, [data-seek]");
  if (place && getSelection().isCollapsed) seek(Number(place.dataset.start ?? place.dataset.seek));
});

/* Captions in the player, once it plays: a long recording has thousands. */

const track = video.addTextTrack("captions", "Transcript", lines.lang);
track.mode = "hidden";
video.addEventListener("loadedmetadata", () => {
  for (const [from, to, text] of track.cues.length ? [] : held.cues) {
    const safe = text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
    track.addCue(new VTTCue(from, to, safe));
  }
});

/* Search: without regard to case and accents. */

const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
let texts = null;
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
  texts ??= sentences.map((sentence) => plain(sentence.textContent));
  for (const position of found) sentences[position].classList.remove("found");
  found = [];
  texts.forEach((text, position) => {
    if (wanted && text.includes(wanted)) found.push(position);
  });
  for (const position of found) sentences[position].classList.add("found");
  current = -1;
  only(sentences, "current", -1);
  count.textContent = wanted && !found.length ? "not said" : "";
  for (const step of all(".step")) step.hidden = !found.length;
  choose(0);
}

field.addEventListener("input", search);
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter") choose(current + (event.shiftKey ? -1 : 1));
});
for (const step of all(".step")) {
  step.addEventListener("click", () => choose(current + Number(step.dataset.step)));
}

/* Copies and files, made of what the page holds. */

const line = (element) => element.textContent.replace(/\s+/g, " ").trim();
const name = held.file.replace(/\.\w+$/, "").replace(/[^\p{L}\p{N}._-]+/gu, "_");

function transcript(turnOf) {
  const blocks = all(".turn").map((turn) => {
    const said = all(".said", turn).map((part) => {
      const aside = part.closest(".aside");
      return aside ? `(${line(aside)})` : line(part);
    }).join(" ");
    return turnOf(line(turn.querySelector("h3 span")), line(turn.querySelector(".moment")), said);
  });
  return `${blocks.join("\n\n")}\n`;
}

/* As lifestream.rendering.markdown escapes: no formatting, no HTML, no link. */

const ADDRESS = /(?<=@)|(?<=\/\/)|(?<=[Ww]{3})(?=\.)/g;
const EXTENSIONS = /[{}^$=]|\+(?=\+)|\/(?=\/)|(?<!\p{N}):(?=\S)|:(?=[^\s\p{N}])|^:|(?<!\p{N})\.(?=[\p{L}\p{N}_])|\.(?=[\p{L}_])/gu;
function escape(text) {
  const entities = text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  const apart = entities.replace(ADDRESS, "&#8288;").replace(EXTENSIONS, (mark) => `&#${mark.codePointAt()};`);
  return apart.replace(/([\\`*_[\]|~])/g, "\\$1").replace(/^(\d*)([#+-]|(?<=\d)[.)])/, "$1\\$2");
}

function tasks(safe) {
  return all(".tasks li").map((item) => {
    const [who, due] = [item.querySelector("strong"), item.querySelector(".due")].map((part) => part && line(part));
    const box = item.querySelector("input").checked ? "[x]" : "[ ]";
    const text = `${who ? `${safe(who)} ` : ""}${safe(line(item.querySelector(".text")))}`;
    return `- ${box} ${text}${due ? ` (${safe(due)})` : ""} (${line(item.querySelector(".moment"))})`;
  }).join("\n");
}

function section(element) {
  const title = line(element.querySelector("h2").firstChild);
  const entries = element.querySelector(".tasks")
    ? tasks(escape)
    : all("li", element).map((item) => {
      const said = all("strong, .text, li > span", item).map((part) => escape(line(part))).join(" ");
      return `- ${said} (${line(item.querySelector(".moment"))})`;
    }).join("\n");
  return `## ${title}\n\n${entries}`;
}

function markdown() {
  const [chapterList, abstract, banner] = [one("nav.panel"), one(".abstract"), one(".banner")];
  const parts = [`# ${escape(line(one("h1")))}`, all(".facts span").map((fact) => escape(line(fact))).join(" · ")];
  if (banner) parts.push(`> ${line(banner)}`);
  if (abstract) parts.push(`## Summary\n\n${escape(line(abstract))}`);
  parts.push(...[...(chapterList ? [chapterList] : []), ...all(".summary section")].map(section));
  const turn = (who, moment, said) => `**${escape(who)}** (${moment}): ${escape(said)}`;
  return `${parts.join("\n\n")}\n\n## Transcript\n\n${transcript(turn)}`;
}

function srt() {
  const time = (seconds) => new Date(Math.round(seconds * 1000)).toISOString().slice(11, 23).replace(".", ",");
  const look = { "<": "‹", ">": "›", "{": "(", "}": ")" };
  const safe = (text) => text.replace(/-->/g, "→").replace(/[<>{}]/g, (mark) => look[mark]);
  return held.cues.map(([from, to, text], number) => `${number + 1}\n${time(from)} --> ${time(to)}\n${safe(text)}\n`).join("\n");
}

const MADE = {
  link: () => `${location.href.split("#")[0].replace(/([?&])t=[\d:.]+&?/, "$1").replace(/[?&]$/, "")}#t=${Math.floor(at)}`,
  transcript: () => transcript((who, moment, said) => `${who} (${moment}): ${said}`),
  tasks: () => `${tasks((text) => text)}\n`,
  srt,
  md: markdown,
};

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

function save(suffix, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  link.download = `${name || "recording"}.${suffix}`;
  link.click();
  URL.revokeObjectURL(link.href);
}

for (const button of all("[data-copy], [data-save]")) {
  button.addEventListener("click", async () => {
    const { copy: what, save: suffix } = button.dataset;
    if (suffix) save(suffix, MADE[suffix]());
    else await copy(MADE[what]());
    notice.textContent = suffix ? `Saved as ${name}.${suffix}.` : "Copied.";
    button.classList.add("done");
    setTimeout(() => button.classList.remove("done"), 1500);
  });
}

/* Keys: space plays, left and right go five seconds, a slash searches; in the transcript, up and
   down go from sentence to sentence, and Enter plays. */

function walk(step) {
  const here = sentences.indexOf(document.activeElement);
  const next = sentences[here < 0 ? Math.max(now, 0) : here + step];
  if (!next) return;
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
  show(next);
}

document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, video") || event.ctrlKey || event.metaKey || event.altKey) return;
  const sentence = event.target.closest(".said");
  const steps = { ArrowUp: -1, ArrowDown: 1 };
  if (event.key === "Enter" && sentence) seek(Number(sentence.dataset.start));
  else if (event.key in steps && event.target.closest(".lines")) walk(steps[event.key]);
  else if (event.key === "/") {
    open("transcript");
    field.focus();
  } else if (event.key === " " && !event.target.matches("button, summary") && video.src) {
    if (video.paused) video.play().catch(() => {});
    else video.pause();
  } else if (event.key === "ArrowLeft" && video.src) video.currentTime -= 5;
  else if (event.key === "ArrowRight" && video.src) video.currentTime += 5;
  else return;
  event.preventDefault();
});

/* A link at a moment: #t=83, #t=1:23 or ?t=83. */

function go() {
  const seconds = asked();
  if (seconds === null) return;
  open("transcript");
  if (video.readyState) video.currentTime = seconds;
  else video.addEventListener("loadedmetadata", () => { video.currentTime = seconds; }, { once: true });
  mark(seconds);
}

if (video.dataset.video) play(video.dataset.video);
else {
  enter("empty");
  notice.textContent = "Choose the recording's file to play it here. It stays on this computer.";
}
addEventListener("hashchange", go);
go();
