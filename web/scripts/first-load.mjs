// Print the compressed size of what the browser loads first, and fail above the budget.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const BUDGET_BYTES = 100_000;
const DIST = new URL("../dist/", import.meta.url).pathname;

const page = readFileSync(join(DIST, "index.html"), "utf-8");
const loaded = [...page.matchAll(/(?:src|href)="\/([^"]+)"/g)].map((found) => found[1]);
const sizes = ["index.html", ...loaded].map((name) => [
  name,
  gzipSync(readFileSync(join(DIST, name))).length,
]);
const total = sizes.reduce((sum, [, bytes]) => sum + bytes, 0);
for (const [name, bytes] of sizes) console.log(`${String(bytes).padStart(7)}  ${name}`);
console.log(`${String(total).padStart(7)}  bytes compressed, of ${BUDGET_BYTES}`);
if (total > BUDGET_BYTES) {
  console.error("The first load is larger than its budget.");
  process.exit(1);
}
