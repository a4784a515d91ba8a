/** Write subtitles as lifestream.rendering.subtitles does. */
import type { Cue } from "./elements";

const LOOK: Record<string, string> = { "<": "‹", ">": "›", "{": "(", "}": ")" };

export function srtOf(cues: readonly Cue[]): string {
  return cues
    .map(([from, to, text], place) => {
      return `${place + 1}\n${time(from)} --> ${time(to)}\n${safe(text)}\n`;
    })
    .join("\n");
}

function time(seconds: number): string {
  return new Date(Math.round(seconds * 1000)).toISOString().slice(11, 23).replace(".", ",");
}

function safe(text: string): string {
  return text.replace(/-->/g, "→").replace(/[<>{}]/g, (mark) => LOOK[mark] ?? "");
}
