// Generated from web/src/page/ by "npm run page" in web/.
"use strict";
(function() {
  // src/page/elements.ts
  function one(selector, root = document) {
    return root.querySelector(selector);
  }
  function all(selector, root = document) {
    return [...root.querySelectorAll(selector)];
  }
  function line(node) {
    return (node.textContent ?? "").replace(/\s+/g, " ").trim();
  }
  var held = JSON.parse(one("#held").textContent ?? "");
  var video = one("video");
  var notice = one(".notice");
  var lines = one(".lines");
  var sentences = all(".said");
  var starts = sentences.map(startOf);
  function startOf(sentence) {
    return Number(sentence.dataset.start);
  }
  // src/page/markdown.ts
  var ADDRESS = /(?<=@)|(?<=\/\/)|(?<=[Ww]{3})(?=\.)/g;
  var EXTENSIONS = /[{}^$=]|\+(?=\+)|\/(?=\/)|(?<!\p{N}):(?=\S)|:(?=[^\s\p{N}])|^:|(?<!\p{N})\.(?=[\p{L}\p{N}_])|\.(?=[\p{L}_])/gu;
  function escapeMarkdown(text) {
    return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(ADDRESS, "&#8288;").replace(EXTENSIONS, (mark) => `&#${mark.codePointAt(0)};`).replace(/([\\`*_[\]|~])/g, "\\$1").replace(/^(\d*)([#+-]|(?<=\d)[.)])/, "$1\\$2");
  }
  // src/player/clock.ts
  function clock(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    const two = (number) => String(number).padStart(2, "0");
    const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
    return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
  }
  function momentIn(address) {
    const found = /[#?&]t=(?:(\d+):)?(?:(\d+):)?(\d+(?:\.\d+)?)(?![\d:.])/.exec(address);
    if (!found) return null;
    return found.slice(1).filter(Boolean).reduce((total, part) => total * 60 + Number(part), 0);
  }
  function lastBefore(times, seconds) {
    let low = 0;
    let high = times.length;
    while (low < high) {
      const middle = low + high >> 1;
      if (times[middle] <= seconds) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
  // src/page/position.ts
  var EARLY_SECONDS = .05;
  var duration = held.seconds || 1;
  var follow = one(".follow");
  var heads = all(".head");
  var chapters = all(".chapters li");
  var chapterStarts = chapters.map((item) => Number(one(".moment", item).dataset.seek));
  var at = {
    seconds: 0,
    sentence: -1
  };
  var marked = new Map();
  function only(name, element) {
    marked.get(name)?.classList.remove(name);
    marked.delete(name);
    if (!element) return;
    element.classList.add(name);
    marked.set(name, element);
  }
  function show(element) {
    if (!element.offsetParent) return;
    const box = element.getBoundingClientRect();
    if (box.top > innerHeight * .25 && box.bottom < innerHeight * .85) return;
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    element.scrollIntoView({
      block: "center",
      behavior: isStill ? "auto" : "smooth"
    });
  }
  function mark(seconds) {
    at.seconds = seconds;
    one("time").textContent = clock(seconds);
    const x = String(1e3 * seconds / duration);
    for (const head of heads) for (const end of ["x1", "x2"]) head.setAttribute(end, x);
    const sentence = lastBefore(starts, seconds + EARLY_SECONDS);
    if (sentence === at.sentence) return;
    at.sentence = sentence;
    only("now", sentences[sentence]);
    chapter?.classList.remove("now");
    chapter = chapters[lastBefore(chapterStarts, seconds + EARLY_SECONDS)];
    chapter?.classList.add("now");
    if (sentences[sentence] && follow.checked) show(sentences[sentence]);
  }
  var chapter;
  function seek(seconds) {
    if (video.src) {
      video.currentTime = seconds;
      play();
    }
    at.sentence = -1;
    mark(seconds);
  }
  function play() {
    video.play().catch(() => {});
  }
  // src/page/srt.ts
  var LOOK = {
    "<": "‹",
    ">": "›",
    "{": "(",
    "}": ")"
  };
  function srtOf(cues) {
    return cues.map(([from, to, text], place) => {
      return `${place + 1}\n${time(from)} --> ${time(to)}\n${safe(text)}\n`;
    }).join("\n");
  }
  function time(seconds) {
    return new Date(Math.round(seconds * 1e3)).toISOString().slice(11, 23).replace(".", ",");
  }
  function safe(text) {
    return text.replace(/-->/g, "→").replace(/[<>{}]/g, (mark) => LOOK[mark] ?? "");
  }
  // src/page/copies.ts
  var name = held.file.replace(/\.\w+$/, "").replace(/[^\p{L}\p{N}._-]+/gu, "_");
  var CONTENTS = {
    link: () => `${withoutMoment(location.href)}#t=${Math.floor(at.seconds)}`,
    transcript: () => transcript((who, moment, said) => `${who} (${moment}): ${said}`),
    tasks: () => `${tasks((text) => text)}\n`,
    srt: () => srtOf(held.cues),
    md: markdown
  };
  for (const button of all("[data-copy], [data-save]")) button.addEventListener("click", async () => {
    const { copy: what, save: suffix } = button.dataset;
    const content = CONTENTS[what ?? suffix ?? ""]?.() ?? "";
    if (suffix) save(suffix, content);
    else await copy(content);
    notice.textContent = suffix ? `Saved as ${name}.${suffix}.` : "Copied.";
    button.classList.add("done");
    setTimeout(() => button.classList.remove("done"), 1500);
  });
  function withoutMoment(address) {
    const [page = ""] = address.split("#");
    return page.replace(/([?&])t=[\d:.]+&?/, "$1").replace(/[?&]$/, "");
  }
  function transcript(turnOf) {
    return `${all(".turn").map((turn) => {
      const said = all(".said", turn).map((part) => {
        const aside = part.closest(".aside");
        return aside ? `(${line(aside)})` : line(part);
      });
      return turnOf(line(one("h3 span", turn)), line(one(".moment", turn)), said.join(" "));
    }).join("\n\n")}\n`;
  }
  function tasks(safe) {
    return all(".tasks li").map((item) => {
      const [who, due] = ["strong", ".due"].map((part) => {
        const element = item.querySelector(part);
        return element ? safe(line(element)) : "";
      });
      return `- ${one("input", item).checked ? "[x]" : "[ ]"} ${`${who ? `${who} ` : ""}${safe(line(one(".text", item)))}`}${due ? ` (${due})` : ""} (${line(one(".moment", item))})`;
    }).join("\n");
  }
  function section(element) {
    return `## ${line(one("h2", element).firstChild)}\n\n${element.querySelector(".tasks") ? tasks(escapeMarkdown) : entries(element)}`;
  }
  function entries(element) {
    return all("li", element).map((item) => {
      return `- ${all("strong, .text, li > span", item).map((part) => escapeMarkdown(line(part))).join(" ")} (${line(one(".moment", item))})`;
    }).join("\n");
  }
  function markdown() {
    const facts = all(".facts span").map((fact) => escapeMarkdown(line(fact)));
    const parts = [`# ${escapeMarkdown(line(one("h1")))}`, facts.join(" · ")];
    for (const banner of all(".summary .banner")) parts.push(`> ${line(banner)}`);
    for (const abstract of all(".abstract")) parts.push(`## Summary\n\n${escapeMarkdown(line(abstract))}`);
    parts.push(...[...all("nav.panel"), ...all(".summary section")].map(section));
    const turns = transcript((who, moment, said) => `**${escapeMarkdown(who)}** (${moment}): ${escapeMarkdown(said)}`);
    return `${parts.join("\n\n")}\n\n## Transcript\n\n${turns}`;
  }
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
  // src/player/keys.ts
  function commandOf(pressed, focus) {
    if (focus === "field" || pressed.ctrlKey || pressed.metaKey || pressed.altKey) return null;
    switch (pressed.key) {
      case " ": return focus === "page" ? { kind: "toggle" } : null;
      case "k":
      case "K": return { kind: "toggle" };
      case "j":
      case "J": return {
        kind: "skip",
        seconds: -10
      };
      case "l":
      case "L": return {
        kind: "skip",
        seconds: 10
      };
      case "ArrowLeft": return hasArrows(focus) ? null : {
        kind: "skip",
        seconds: -5
      };
      case "ArrowRight": return hasArrows(focus) ? null : {
        kind: "skip",
        seconds: 5
      };
      case "/": return { kind: "find" };
      case "c":
      case "C": return { kind: "captions" };
      default: return null;
    }
  }
  function hasArrows(focus) {
    return focus === "video" || focus === "tabs";
  }
  function focusOf(target) {
    if (!(target instanceof Element)) return "page";
    if (target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], dialog")) return "field";
    if (target.closest("[role=tablist]")) return "tabs";
    if (target.closest("video")) return "video";
    return target.closest("button, a, summary, input") ? "button" : "page";
  }
  function toggleCaptions(video) {
    const [track] = video.textTracks;
    if (track) track.mode = track.mode === "showing" ? "hidden" : "showing";
  }
  // src/player/find.ts
  function plain(text) {
    return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  }
  var TextSearch = class {
    #read;
    #folded = null;
    constructor(read) {
      this.#read = read;
    }
    find(wanted) {
      const folded = plain(wanted.trim());
      if (!folded) return [];
      this.#folded ??= this.#read().map(plain);
      return this.#folded.flatMap((one, place) => one.includes(folded) ? [place] : []);
    }
  };
  function around(position, count) {
    return (position + count) % count;
  }
  new Set("a an and are as at be by did do does for from had has have how in is it of on or that the this to was were what when where which who why will with you your our we they i".split(" "));
  // src/page/search.ts
  var field = one("[type=search]");
  var count = one("output");
  var steps = all(".step");
  var said = new TextSearch(() => sentences.map((sentence) => sentence.textContent ?? ""));
  var found = [];
  var current = -1;
  function choose(position) {
    if (!found.length) return;
    current = around(position, found.length);
    const sentence = sentences[found[current]];
    only("current", sentence);
    count.textContent = `${current + 1} of ${found.length}`;
    show(sentence);
  }
  function search() {
    for (const position of found) sentences[position]?.classList.remove("found");
    found = said.find(field.value);
    for (const position of found) sentences[position]?.classList.add("found");
    current = -1;
    only("current", void 0);
    count.textContent = field.value.trim() && !found.length ? "not said" : "";
    for (const step of steps) step.hidden = !found.length;
    choose(0);
  }
  field.addEventListener("input", search);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") choose(current + (event.shiftKey ? -1 : 1));
  });
  for (const step of steps) step.addEventListener("click", () => choose(current + Number(step.dataset.step)));
  // src/page/tabs.ts
  var tabs = all("[role=tab]").flatMap((tab) => {
    const panel = document.getElementById(tab.getAttribute("aria-controls") ?? "");
    return panel ? [{
      tab,
      panel
    }] : [];
  });
  function open(name) {
    if (tabs.length < 2) return;
    for (const { tab, panel } of tabs) {
      const isOpen = panel.id === name;
      tab.setAttribute("aria-selected", String(isOpen));
      tab.tabIndex = isOpen ? 0 : -1;
      panel.hidden = !isOpen;
    }
  }
  function walk$1(event) {
    const step = {
      ArrowLeft: -1,
      ArrowRight: 1
    }[event.key];
    if (!step) return;
    const next = tabs[(tabs.findIndex(({ tab }) => tab === document.activeElement) + step + tabs.length) % tabs.length];
    next?.tab.click();
    next?.tab.focus();
    event.stopPropagation();
  }
  if (tabs.length > 1) {
    one(".tabs").hidden = false;
    for (const { tab, panel } of tabs) {
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", tab.id);
      tab.addEventListener("click", () => open(panel.id));
    }
    one(".tabs").addEventListener("keydown", walk$1);
    open("transcript");
  }
  if (matchMedia("(max-width: 59.99rem)").matches) for (const list of all(".watch details")) list.open = false;
  // src/page/keys.ts
  function walk(step) {
    const here = sentences.indexOf(document.activeElement);
    const next = sentences[here < 0 ? Math.max(at.sentence, 0) : here + step];
    if (!next) return;
    next.tabIndex = -1;
    next.focus({ preventScroll: true });
    show(next);
  }
  function read(event, target) {
    const sentence = target.closest(".said");
    const step = {
      ArrowUp: -1,
      ArrowDown: 1
    }[event.key];
    if (event.key === "Enter" && sentence) seek(startOf(sentence));
    else if (step && target.closest(".lines")) walk(step);
    else return false;
    return true;
  }
  function obey(command) {
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
    if (read(event, event.target) || command && obey(command)) event.preventDefault();
  });
  // src/page/player.ts
  var player = one(".player");
  var button = one(".start");
  var chooser = one("[type=file]");
  function start() {
    if (video.dataset.video) load(video.dataset.video);
    else {
      enter("empty");
      notice.textContent = "Choose the recording's file to play it here. It stays on this computer.";
    }
  }
  function enter(state) {
    player.dataset.state = state;
    button.hidden = state === "on";
    button.textContent = state === "empty" ? "Choose the recording" : "Play";
  }
  function load(source) {
    notice.textContent = "";
    video.src = source;
    enter("ready");
  }
  function take(file) {
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
    if (video.src) notice.textContent = "The recording cannot be played from there: choose the file.";
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
    const target = event.target;
    const lane = target.closest(".lane");
    if (lane) {
      const box = lane.getBoundingClientRect();
      seek(duration * (event.clientX - box.left) / box.width);
    }
    const place = target.closest(".said, [data-seek]");
    if (!place || !getSelection()?.isCollapsed) return;
    seek(Number(place.dataset.start ?? place.dataset.seek));
  });
  var track = video.addTextTrack("captions", "Transcript", lines.lang);
  track.mode = "hidden";
  function addCaptions() {
    for (const [from, to, text] of track.cues?.length ? [] : held.cues) {
      const safe = text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
      track.addCue(new VTTCue(from, to, safe));
    }
  }
  // src/page/page.ts
  function go() {
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
})();
