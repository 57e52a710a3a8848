/**
 * Every loss has a page: the doc block over its definition, in the form that `shared/losses/doc-block.ts` shows, tells its
 * formula, unit, facts, use and source, and the options and defaults that its schema has.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { losses } from "../../../shared/losses/catalogue.ts";
import { describeLoss, optionWords } from "../../../shared/losses/description.ts";
import {
  docBlocks,
  documentedOptions,
  parseDocBlock,
  wordsOf,
  type DocBlock,
} from "../../../shared/losses/doc-block.ts";
import type { Loss } from "../../../shared/losses/loss.ts";
import { markdownPage, signsIn } from "../../../shared/losses/page.ts";

const folder = resolve(import.meta.dirname, "../../../shared/losses");
const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => /\/.*\.ts$/.test(file));

/** The block over each loss of the catalogue, and where it stands. */
const blocks = new Map<Loss, { readonly file: string; readonly text: string }>();
for (const file of files) {
  const module = (await import(join(folder, file))) as Readonly<Record<string, unknown>>;
  for (const [variable, text] of docBlocks(readFileSync(join(folder, file), "utf8"))) {
    const loss = module[variable] as Loss;
    if (Object.values<unknown>(losses).includes(loss)) blocks.set(loss, { file, text });
  }
}

/** Common definitions, which no one paper stands for. */
const common = new Set(
  (
    "mse mae log-cosh mape msle poisson-nll gaussian-nll gamma-nll negative-binomial cosine-distance rmse " +
    "bce-with-logits bce nll kl-divergence js-divergence squared-hinge perceptron soft-margin multi-margin " +
    "multilabel-margin multilabel-soft-margin jaccard mcc margin-ranking cosine-embedding hinge-embedding pairwise-hinge " +
    "ranking-softmax"
  ).split(" "),
);

/** What a block lacks, each as a sentence to its author. */
function lacks(loss: Loss, block: DocBlock): string[] {
  const { sections } = block;
  const wanted = [
    [/\.( |$)/.test(block.summary), "a first sentence that says what it is, with a full stop"],
    [block.formula.length > 0, "its formula, in lines indented by four spaces after an empty line"],
    [sections.unit !== undefined, "a line `Unit    …`"],
    [sections.facts !== undefined, "a line `Facts   …`, facts with ` · ` between them, each held by a test"],
    [sections.when !== undefined, "a line `When    …`: when to use it"],
    [sections.source !== undefined || common.has(loss.name), "a line `Source  Author (year)`"],
  ] as const;
  return [...wanted.flatMap(([there, what]) => (there ? [] : [`expected ${what}`])), ...optionProblems(loss, block)];
}

/** Options are those of the schema, and defaults too: `delta > 0: what it does. @default 1`. */
function optionProblems(loss: Loss, block: DocBlock): string[] {
  const { options } = describeLoss(loss);
  const known = Object.keys(options);
  const documented = documentedOptions(block, known);
  const unknown = documented.flatMap(({ names }) => names.filter((name) => !known.includes(name)));
  return [
    ...unknown.map((name) => `documents the option "${name}", which its schema has not`),
    ...known.flatMap((name) => {
      const entry = documented.find(({ names }) => names.includes(name));
      if (entry === undefined) return [`has the option "${name}", expected it under Options`];
      const value = options[name]!.default;
      const choices = optionWords(options[name]!);
      if (choices.includes(" | ") && wordsOf(entry).includes(choices))
        return [`names the choices of "${name}" twice: say what it chooses, the page has them from the schema`];
      if (value === undefined || plain(entry.default) === plain(value)) return [];
      return [`has ${JSON.stringify(value)} for "${name}", documented is @default ${entry.default ?? "(none)"}`];
    }),
  ];
}

/** `1`, `"positives"`, `positives` and `.5` alike. */
function plain(value: unknown): string {
  if (typeof value !== "string") return value === undefined ? "" : JSON.stringify(value);
  const text = value.replace(/[.;]$/, "").replaceAll(", ", ",");
  return text !== "" && Number.isFinite(Number(text)) ? String(Number(text)) : text.replace(/^"(.*)"$/, "$1");
}

describe.each(Object.entries<Loss>(losses))("the page of %s", (name, loss) => {
  test("is made of the doc block over its definition", () => {
    const found = blocks.get(loss);
    expect(
      found,
      `expected \`/** … */\` right before \`export const …\` of ${name} below shared/losses/`,
    ).toBeDefined();
    const { file, text } = found!;
    expect(lacks(loss, parseDocBlock(text)), `${name} in shared/losses/${file}`).toEqual([]);
  });

  test("shows its formula, its inputs and its options", () => {
    const block = parseDocBlock(blocks.get(loss)?.text ?? "");
    const page = markdownPage({ loss, family: "family", block });
    for (const line of block.formula) expect(page).toContain(line);
    for (const input of Object.keys(loss.inputs)) expect(page).toContain(`\`${input}\``);
    for (const option of Object.keys(describeLoss(loss).options)) expect(page).toContain(`\`${option}\``);
  });
});

describe("a doc block", () => {
  const text = [
    "Huber's loss.",
    "",
    "    ℓ(p, y) = e²/2",
    "            otherwise more",
    "",
    "Shapes  p [batch],",
    "        y alike",
    "Unit    squared",
    "Options delta > 0: where the parabola ends,",
    "        in units of the target. @default 1",
    "        mode: soft | hard. @default soft",
    "When    outliers",
  ].join("\n");

  test("is taken apart into sentence, formula, sections and options", () => {
    const block = parseDocBlock(text);
    expect(block.summary).toBe("Huber's loss.");
    expect(block.formula).toEqual(["ℓ(p, y) = e²/2", "        otherwise more"]);
    expect(block.sections.shapes).toEqual(["p [batch],", "y alike"]);
    expect(documentedOptions(block, ["delta", "mode"])).toEqual([
      { names: ["delta"], words: "delta > 0: where the parabola ends, in units of the target.", default: "1" },
      { names: ["mode"], words: "mode: soft | hard.", default: "soft" },
    ]);
  });

  test("says of options that share an entry what is said of them, without their names", () => {
    const shared = parseDocBlock(text.replace("mode: soft | hard.", "a, b: as elsewhere."));
    const [, entry] = documentedOptions(shared, ["delta", "a", "b"]);
    expect([entry!.names, wordsOf(entry!)]).toEqual([["a", "b"], "as elsewhere."]);
  });

  test("that names choices which the page has anyway is caught", () => {
    const ties = parseDocBlock("Cox.\n\n    ℓ\n\nOption  ties: efron | breslow. @default efron");
    expect(optionProblems(losses.cox, ties)).toEqual([expect.stringContaining('the choices of "ties" twice')]);
  });

  test("that tells of an option the schema has not is caught", () => {
    const { name, ...rest } = losses.huber;
    expect(optionProblems({ name, ...rest }, parseDocBlock(text))).toEqual([
      'documents the option "mode", which its schema has not',
    ]);
    expect(optionProblems({ name, ...rest }, parseDocBlock(text.replace("@default 1", "@default 2")))[1]).toBe(
      'has 1 for "delta", documented is @default 2',
    );
  });

  test("is found only right before an exported constant", () => {
    const source =
      "/** One. */\nconst a = 1;\n/** Two.\n * More. */\nexport const b = 2;\n/** Three. */\nfunction c() {}";
    expect([...docBlocks(source)]).toEqual([["b", "Two.\nMore."]]);
  });
});

test("a page explains the signs of its formula that formulas share, and no option's own", () => {
  expect(signsIn(["ℓ(p, y) = e²/2 where |e| ≤ δ"], {})).toEqual(["e = p − y"]);
  expect(signsIn(["ℓ = sp(−z) + σ(z)"], {})).toEqual(["sp(x) = log(1 + eˣ)", "σ(x) = 1/(1 + e⁻ˣ)"]);
  expect(signsIn(["ℓ = sp(−σ(a − b))"], { sigma: {} })).toEqual(["sp(x) = log(1 + eˣ)"]);
  expect(signsIn(["ℓ = e², e = log p − log y"], {})).toEqual([]);
});
