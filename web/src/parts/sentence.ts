/** Return a cause as a sentence, so that the advice can follow it. */
export function sentence(cause: string): string {
  const trimmed = cause.trim();
  const [first = ""] = trimmed; // a whole character, even outside of the basic plane
  const end = /[.!?…:]["'”’)]?$/.test(trimmed) || !trimmed ? "" : ".";
  return first.toLocaleUpperCase("en") + trimmed.slice(first.length) + end;
}
