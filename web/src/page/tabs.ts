/** Tabs: the transcript first. Without script, everything is shown. */
import { all, one } from "./elements";

const tabs = all("[role=tab]").flatMap((tab) => {
  const panel = document.getElementById(tab.getAttribute("aria-controls") ?? "");
  return panel ? [{ tab, panel }] : [];
});

export function open(name: string): void {
  if (tabs.length < 2) return;
  for (const { tab, panel } of tabs) {
    const isOpen = panel.id === name;
    tab.setAttribute("aria-selected", String(isOpen));
    tab.tabIndex = isOpen ? 0 : -1;
    panel.hidden = !isOpen;
  }
}

function walk(event: KeyboardEvent): void {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!step) return;
  const here = tabs.findIndex(({ tab }) => tab === document.activeElement);
  const next = tabs[(here + step + tabs.length) % tabs.length];
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
  one(".tabs").addEventListener("keydown", walk);
  open("transcript");
}
if (matchMedia("(max-width: 59.99rem)").matches) {
  for (const list of all<HTMLDetailsElement>(".watch details")) list.open = false;
}
