/** Find the character that somebody clicked. */

interface Caret {
  node: Node;
  offset: number;
}

/** Return how many characters of an element are before a point; 0 if the browser cannot tell. */
export function charactersBefore(element: Element, x: number, y: number): number {
  const caret = caretAt(x, y);
  if (!caret || !element.contains(caret.node)) return 0;
  const before = document.createRange();
  before.setStart(element, 0);
  before.setEnd(caret.node, caret.offset);
  return before.toString().length;
}

/** Safari has only the older of the two functions. */
function caretAt(x: number, y: number): Caret | null {
  if ("caretPositionFromPoint" in document) {
    const position = document.caretPositionFromPoint(x, y);
    return position && { node: position.offsetNode, offset: position.offset };
  }
  const range = (document as Document).caretRangeFromPoint(x, y);
  return range && { node: range.startContainer, offset: range.startOffset };
}
