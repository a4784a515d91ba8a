/** Search the transcript. */
import { around, TextSearch } from "../player/find";
import { all, one, sentences } from "./elements";
import { only, show } from "./position";

export const field = one<HTMLInputElement>("[type=search]");
const count = one("output");
const steps = all(".step");
const said = new TextSearch(() => sentences.map((sentence) => sentence.textContent ?? ""));
let found: number[] = [];
let current = -1;

function choose(position: number): void {
  if (!found.length) return;
  current = around(position, found.length);
  const sentence = sentences[found[current] as number] as HTMLElement;
  only("current", sentence);
  count.textContent = `${current + 1} of ${found.length}`;
  show(sentence);
}

function search(): void {
  for (const position of found) sentences[position]?.classList.remove("found");
  found = said.find(field.value);
  for (const position of found) sentences[position]?.classList.add("found");
  current = -1;
  only("current", undefined);
  count.textContent = field.value.trim() && !found.length ? "not said" : "";
  for (const step of steps) step.hidden = !found.length;
  choose(0);
}

field.addEventListener("input", search);
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter") choose(current + (event.shiftKey ? -1 : 1));
});
for (const step of steps) {
  step.addEventListener("click", () => choose(current + Number(step.dataset.step)));
}
