// Bundle the script of the result page into one classic script, which is committed.
// With --check: fail if the committed script is not the one of these sources.
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "vite";

const SOURCE = new URL("../src/page/page.ts", import.meta.url).pathname;
const TARGET = new URL("../../lambdas/lifestream/rendering/page/page.js", import.meta.url).pathname;
const HEAD = '// Generated from web/src/page/ by "npm run page" in web/.\n';

const { output } = await build({
  configFile: false,
  logLevel: "warn",
  build: {
    target: "es2023",
    write: false,
    minify: false, // so that a change of the page can be reviewed
    rolldownOptions: { input: SOURCE, output: { format: "iife", strict: true, comments: false } },
  },
});
// Two spaces, as in our sources: the tests find tabs in a page, because they may hide text.
const script = HEAD + output[0].code.replace(/^\t+/gm, (tabs) => "  ".repeat(tabs.length));
if (/<\/script|<!--/i.test(script))
  throw new Error("the script would end in the middle of the page");
if (!process.argv.includes("--check")) writeFileSync(TARGET, script);
else if (readFileSync(TARGET, "utf-8") !== script) {
  console.error("page.js is not up to date: npm run page");
  process.exit(1);
}
