/** Copies and files, made of what the page holds. */
import { all, held, line, notice, one } from "./elements";
import { escapeMarkdown } from "./markdown";
import { at } from "./position";
import { srtOf } from "./srt";

const name = held.file.replace(/\.\w+$/, "").replace(/[^\p{L}\p{N}._-]+/gu, "_");

const CONTENTS: Record<string, () => string> = {
  link: () => `${withoutMoment(location.href)}#t=${Math.floor(at.seconds)}`,
  transcript: () => transcript((who, moment, said) => `${who} (${moment}): ${said}`),
  tasks: () => `${tasks((text) => text)}\n`,
  srt: () => srtOf(held.cues),
  md: markdown,
};

for (const button of all("[data-copy], [data-save]")) {
  button.addEventListener("click", async () => {
    const { copy: what, save: suffix } = button.dataset;
    const content = CONTENTS[what ?? suffix ?? ""]?.() ?? "";
    if (suffix) save(suffix, content);
    else await copy(content);
    notice.textContent = suffix ? `Saved as ${name}.${suffix}.` : "Copied.";
    button.classList.add("done");
    setTimeout(() => button.classList.remove("done"), 1500);
  });
}

function withoutMoment(address: string): string {
  const [page = ""] = address.split("#");
  return page.replace(/([?&])t=[\d:.]+&?/, "$1").replace(/[?&]$/, "");
}

function transcript(turnOf: (who: string, moment: string, said: string) => string): string {
  const turns = all(".turn").map((turn) => {
    const said = all(".said", turn).map((part) => {
      const aside = part.closest(".aside");
      return aside ? `(${line(aside)})` : line(part);
    });
    return turnOf(line(one("h3 span", turn)), line(one(".moment", turn)), said.join(" "));
  });
  return `${turns.join("\n\n")}\n`;
}

function tasks(safe: (text: string) => string): string {
  const items = all(".tasks li").map((item) => {
    const [who, due] = ["strong", ".due"].map((part) => {
      const element = item.querySelector(part);
      return element ? safe(line(element)) : "";
    });
    const box = one<HTMLInputElement>("input", item).checked ? "[x]" : "[ ]";
    const text = `${who ? `${who} ` : ""}${safe(line(one(".text", item)))}`;
    return `- ${box} ${text}${due ? ` (${due})` : ""} (${line(one(".moment", item))})`;
  });
  return items.join("\n");
}

function section(element: HTMLElement): string {
  const title = line(one("h2", element).firstChild as Node);
  return `## ${title}\n\n${element.querySelector(".tasks") ? tasks(escapeMarkdown) : entries(element)}`;
}

function entries(element: HTMLElement): string {
  const items = all("li", element).map((item) => {
    const said = all("strong, .text, li > span", item).map((part) => escapeMarkdown(line(part)));
    return `- ${said.join(" ")} (${line(one(".moment", item))})`;
  });
  return items.join("\n");
}

function markdown(): string {
  const facts = all(".facts span").map((fact) => escapeMarkdown(line(fact)));
  const parts = [`# ${escapeMarkdown(line(one("h1")))}`, facts.join(" · ")];
  for (const banner of all(".summary .banner")) parts.push(`> ${line(banner)}`);
  for (const abstract of all(".abstract")) {
    parts.push(`## Summary\n\n${escapeMarkdown(line(abstract))}`);
  }
  parts.push(...[...all("nav.panel"), ...all(".summary section")].map(section));
  const turns = transcript(
    (who, moment, said) => `**${escapeMarkdown(who)}** (${moment}): ${escapeMarkdown(said)}`,
  );
  return `${parts.join("\n\n")}\n\n## Transcript\n\n${turns}`;
}

async function copy(text: string): Promise<void> {
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

function save(suffix: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  link.download = `${name || "recording"}.${suffix}`;
  link.click();
  URL.revokeObjectURL(link.href);
}
