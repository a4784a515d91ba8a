/** The keys of the player, as on the result page and in most video players. */

export type Command =
  | { kind: "toggle" }
  | { kind: "skip"; seconds: number }
  | { kind: "find" }
  | { kind: "captions" };

export type Focus = "field" | "tabs" | "button" | "video" | "page";

interface Pressed {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/**
 * Return what a key does, or null.
 *
 * `focus` is where the key was pressed: in a field every key is text, on a button the space bar
 * presses the button, tabs have their own arrows, and the video has its own space bar and arrows.
 */
export function commandOf(pressed: Pressed, focus: Focus): Command | null {
  if (focus === "field" || pressed.ctrlKey || pressed.metaKey || pressed.altKey) return null;
  switch (pressed.key) {
    case " ":
      return focus === "page" ? { kind: "toggle" } : null;
    case "k":
    case "K":
      return { kind: "toggle" };
    case "j":
    case "J":
      return { kind: "skip", seconds: -10 };
    case "l":
    case "L":
      return { kind: "skip", seconds: 10 };
    case "ArrowLeft":
      return hasArrows(focus) ? null : { kind: "skip", seconds: -5 };
    case "ArrowRight":
      return hasArrows(focus) ? null : { kind: "skip", seconds: 5 };
    case "/":
      return { kind: "find" };
    case "c":
    case "C":
      return { kind: "captions" };
    default:
      return null;
  }
}

function hasArrows(focus: Focus): boolean {
  return focus === "video" || focus === "tabs";
}

/** Return what kind of element has the focus. */
export function focusOf(target: EventTarget | null): Focus {
  if (!(target instanceof Element)) return "page";
  if (target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], dialog")) {
    return "field";
  }
  if (target.closest("[role=tablist]")) return "tabs";
  if (target.closest("video")) return "video";
  return target.closest("button, a, summary, input") ? "button" : "page";
}

export function toggleCaptions(video: HTMLVideoElement): void {
  const [track] = video.textTracks;
  if (track) track.mode = track.mode === "showing" ? "hidden" : "showing";
}
