/** Find words in text without regard to case and accents. */

export interface Piece {
  text: string;
  isHit: boolean;
}

/** Return the text as it is compared: no accents, no capitals. */
export function plain(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Finds text in sentences. They are read at the first search, because that takes a moment. */
export class TextSearch {
  readonly #read: () => readonly string[];
  #folded: string[] | null = null;

  constructor(read: () => readonly string[]) {
    this.#read = read;
  }

  /** Return the places of the sentences that contain the text. */
  find(wanted: string): number[] {
    const folded = plain(wanted.trim());
    if (!folded) return [];
    this.#folded ??= this.#read().map(plain);
    return this.#folded.flatMap((one, place) => (one.includes(folded) ? [place] : []));
  }
}

/** Return a position in a list that begins again at its end. */
export function around(position: number, count: number): number {
  return (position + count) % count;
}

/** Return the words of a question that are worth a highlight. */
export function termsOf(question: string): string[] {
  const words = plain(question).match(/[\p{L}\p{N}]+/gu) ?? [];
  return [...new Set(words)].filter((word) => word.length > 1 && !COMMON.has(word));
}

/** Cut the text into pieces that are hits and pieces that are not. Joined, they are the text. */
export function highlight(text: string, terms: readonly string[]): Piece[] {
  const { folded, origins } = fold(text);
  const hits = ranges(folded, terms).map(([from, to]) => [origins[from], origins[to]] as const);
  const pieces: Piece[] = [];
  let done = 0;
  for (const [from, to] of hits as (readonly [number, number])[]) {
    if (from > done) pieces.push({ text: text.slice(done, from), isHit: false });
    pieces.push({ text: text.slice(from, to), isHit: true });
    done = to;
  }
  if (done < text.length) pieces.push({ text: text.slice(done), isHit: false });
  return pieces;
}

/** `origins[i]`: where the character in `text` begins that became `folded[i]`. */
function fold(text: string): { folded: string; origins: number[] } {
  let folded = "";
  const origins: number[] = [];
  let place = 0;
  for (const character of text) {
    const as = plain(character);
    for (let unit = 0; unit < as.length; unit++) origins.push(place);
    folded += as;
    place += character.length;
  }
  origins.push(text.length);
  return { folded, origins };
}

/** Return where words begin with one of the terms, to the end of each word. They do not overlap. */
function ranges(folded: string, terms: readonly string[]): [number, number][] {
  const wanted = terms.filter(Boolean);
  if (!wanted.length) return [];
  const found: [number, number][] = [];
  for (const word of folded.matchAll(/[\p{L}\p{N}]+/gu)) {
    const term = wanted.find((one) => word[0].startsWith(one) || isWithoutSpaces(word[0], one));
    if (!term) continue;
    const from = word.index + Math.max(word[0].indexOf(term), 0);
    const isBeginning = word[0].startsWith(term);
    found.push([from, isBeginning ? word.index + word[0].length : from + term.length]);
  }
  return found;
}

/** Chinese, Japanese and Thai have no spaces: a term may be anywhere in the run of characters. */
function isWithoutSpaces(word: string, term: string): boolean {
  return /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u.test(term)
    ? word.includes(term)
    : false;
}

const COMMON = new Set(
  (
    "a an and are as at be by did do does for from had has have how in is it of on or that the " +
    "this to was were what when where which who why will with you your our we they i"
  ).split(" "),
);
