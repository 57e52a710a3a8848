/** The page of a loss as Markdown, and the index of all pages: what the build writes into `docs/losses`. */
import { documentedOptions, sentence, wordsOf, type DocBlock } from "./doc-block.ts";
import { describeLoss, optionWords, type DescribedInput } from "./description.ts";
import type { Loss } from "./loss.ts";

export interface DocumentedLoss {
  readonly loss: Loss;
  readonly family: string;
  readonly block: DocBlock;
}

/** What "mean" means for a loss: its numerator and its denominator, and what may not be cut. */
export function meanOf({ kind, unit }: Pick<Loss, "kind" | "unit">): string[] {
  if (kind === "two-phase")
    return [
      "F(S) of sums over all rows of all clients. A round has two phases: clients report S = Σ wᵢ·sᵢ and are told",
      "λ = ∂F/∂S; then they report Σ λ·∇S. The result is that of one machine for every sharding.",
    ];
  const sums = `num = Σ w·ℓ, den = Σ w·c over each ${unit}; L = Σ num / Σ den over all clients, divided once.`;
  const signs =
    "w: the row's weight; c: what the loss itself counts a unit for (class weights), 1 unless it says otherwise.";
  if (kind === "additive") return [sums, signs, "Every sharding gives the result of one machine."];
  return [sums, signs, "The rows of one group make a set: a group stays whole, at one client and in one batch."];
}

/** The signs that formulas share and do not explain, where one has them. */
export function signsIn(formula: readonly string[], options: object): string[] {
  const text = formula.join(" ");
  const signs: readonly (readonly [meaning: string, used: boolean])[] = [
    ["e = p − y", /e²|\|e\||e\/c/.test(text) && !text.includes("e = ")],
    ["sp(x) = log(1 + eˣ)", text.includes("sp(")],
    ["σ(x) = 1/(1 + e⁻ˣ)", text.includes("σ(") && !("sigma" in options)],
  ];
  return signs.flatMap(([meaning, used]) => (used ? [meaning] : []));
}

/** What an input bears where that is less than most do: ", up to ±50". */
export const reachOf = (within = 1e4): string => (within === 1e4 ? "" : `, up to ±${within}`);

/** `NAME.md`. */
export function markdownPage({ loss, family, block }: DocumentedLoss): string {
  const { inputs, options, version, measure, kind, unit } = describeLoss(loss);
  const { sections } = block;
  const part = (title: string, lines: readonly string[] = []): string[] =>
    lines.length === 0 ? [] : [`## ${title}`, "", ...lines, ""];
  const text = (lines: readonly string[] = []): string[] => (lines.length === 0 ? [] : [escaped(lines.join(" "))]);
  return [
    `# ${loss.name}`,
    "",
    escaped(block.summary),
    "",
    "```text",
    ...block.formula,
    ...signsIn(block.formula, options),
    "```",
    "",
    `version ${version} · [${family}](index.md#${family}) · ${kind}, per ${unit} · in ${escaped(measure)}`,
    "",
    ...part("When to use it", text(sections.when)),
    ...part("Inputs", [
      ...text(sections.shapes).flatMap((line) => [line, ""]),
      ...rows(["input", "", "holds", "axes"], inputRows(inputs)),
    ]),
    ...part("Mean", meanOf(loss)),
    ...part(
      "Options",
      Object.keys(options).length === 0 ? [] : rows(["option", "takes", "default", ""], optionRows(loss, block)),
    ),
    ...part("Facts", sections.facts === undefined ? [] : factsOf(sections.facts)),
    ...part("Refuses", text(sections.throws)),
    ...part("Cost", text(sections.cost)),
    ...part("Notes", text(block.notes)),
    ...part("Source", text(sections.source)),
    ...part("Try it", ["```", `tributary loss ${loss.name}`, "```"]),
  ].join("\n");
}

/** `index.md`: the losses of each family, with a sentence each. */
export function markdownIndex(pages: readonly DocumentedLoss[]): string {
  const families = [...new Set(pages.map(({ family }) => family))];
  const parts = families.flatMap((family) => [
    `## ${family}`,
    "",
    ...rows(
      ["loss", "per", "", ""],
      pages
        .filter((page) => page.family === family)
        .map(({ loss, block }) => [
          `[${loss.name}](${loss.name}.md)`,
          loss.kind === "two-phase" ? "sums" : loss.unit,
          escaped(sentence(block)),
          escaped(block.sections.when?.join(" ") ?? ""),
        ]),
    ),
    "",
  ]);
  return ["# Losses", "", `${pages.length} losses in ${families.length} families.`, "", ...parts].join("\n");
}

/** Facts are one line in the source, with "·" between them. */
const factsOf = (lines: readonly string[]): string[] =>
  lines
    .map((line) => line.trim())
    .join(" ")
    .split(" · ")
    .map((fact) => `- ${escaped(fact.replace(/ ·$/, ""))}`);

const inputRows = (inputs: Readonly<Record<string, DescribedInput>>): string[][] =>
  Object.entries(inputs).flatMap(([name, { from, optional, forms }]) =>
    forms.map(({ holds, axes, below, within }) => [
      `\`${name}\``,
      `from the ${from}${optional ? ", may be left out" : ""}`,
      (below === undefined ? holds : `${holds}, below ${below}`) + reachOf(within),
      `[${axes.join(", ")}]`,
    ]),
  );

function optionRows(loss: Loss, block: DocBlock): string[][] {
  const { options } = describeLoss(loss);
  const documented = documentedOptions(block, Object.keys(options));
  return Object.entries(options).map(([name, schema]) => {
    const entry = documented.find(({ names }) => names.includes(name));
    const value = schema.default === undefined ? entry?.default : JSON.stringify(schema.default);
    return [
      `\`${name}\``,
      escaped(optionWords(schema)),
      escaped(value ?? ""),
      escaped(entry === undefined ? "" : wordsOf(entry)),
    ];
  });
}

const rows = (heading: readonly string[], cells: readonly (readonly string[])[]): string[] => [
  `| ${heading.join(" | ")} |`,
  `|${heading.map(() => "---|").join("")}`,
  ...cells.map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`),
];

/** Stars, underscores and angle brackets as themselves. */
const escaped = (text: string): string => text.replace(/[*_<>]/g, "\\$&");
