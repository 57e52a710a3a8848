// Gathers the doc block of every loss of the catalogue from the sources, and writes a page for each into dist/docs/losses.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

const house = new URL("..", import.meta.url);
const built = (path) => import(new URL(`dist/${path}`, house).href);

const { losses } = await built("shared/losses/catalogue.js");
const { docBlocks, parseDocBlock } = await built("shared/losses/doc-block.js");
const { markdownIndex, markdownPage } = await built("shared/losses/page.js");

const root = new URL("shared/losses/", house).pathname;
const sources = readdirSync(root, { recursive: true }).filter((file) => file.endsWith(".ts") && file.includes("/"));
const pages = [];
for (const source of sources) {
  const module = await built(join("shared/losses", source.replace(/\.ts$/, ".js")));
  for (const [variable, text] of docBlocks(readFileSync(join(root, source), "utf8"))) {
    const loss = module[variable];
    if (loss === undefined || losses[loss?.name] !== loss) continue;
    pages.push({
      loss,
      family: basename(dirname(relative(root, join(root, source)))),
      text,
      block: parseDocBlock(text),
    });
  }
}
const order = Object.keys(losses);
pages.sort((a, b) => order.indexOf(a.loss.name) - order.indexOf(b.loss.name));

const folder = new URL("dist/docs/losses/", house).pathname;
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const page of pages) writeFileSync(join(folder, `${page.loss.name}.md`), markdownPage(page));
writeFileSync(join(folder, "index.md"), markdownIndex(pages));
const blocks = pages.map(({ loss, family, text }) => [loss.name, { family, text }]);
writeFileSync(join(folder, "blocks.json"), `${JSON.stringify(Object.fromEntries(blocks), undefined, 1)}\n`);
