/**
 * The doc block of a loss as data: what `tributary loss NAME --help` and the pages of the build are made of. Its form:
 *
 *     One sentence on what it is.
 *
 *         ℓ(p, y) = |e|                                  the formula, indented
 *
 *     Shapes  prediction p and target y [batch] → [batch]
 *     Unit    the target's
 *     Facts   0 at p = y · symmetric in e
 *     Options delta > 0: where the parabola ends. @default 1
 *             half: the ½ of textbooks. @default false
 *     When    to choose it
 *     Source  Huber (1964)
 */

/** The words that open a section, as they are written and as they are named here. */
const labels = {
  Shapes: "shapes",
  Unit: "unit",
  Facts: "facts",
  Option: "options",
  Options: "options",
  When: "when",
  Source: "source",
  Throws: "throws",
  Cost: "cost",
} as const;
type Section = (typeof labels)[keyof typeof labels];

export interface DocBlock {
  /** The sentences before the formula. */
  readonly summary: string;
  /** Lines, without their common indent. */
  readonly formula: readonly string[];
  /** Sections as lines; sentences that belong to none are in `notes`. */
  readonly sections: Readonly<Partial<Record<Section, readonly string[]>>>;
  readonly notes: readonly string[];
}

/** One option as it is documented: its names ("epsilon, epsilonHigh" share an entry), its words, what stands after `@default`. */
export interface DocumentedOption {
  readonly names: readonly string[];
  readonly words: string;
  readonly default?: string;
}

/** The first sentence of a block. */
export const sentence = ({ summary }: DocBlock): string => /^.*?\.(?= |$)/.exec(summary)?.[0] ?? summary;

/** What is said of an option, without its name, or of several that share an entry without theirs. */
export const wordsOf = ({ names, words }: DocumentedOption): string => {
  const start = names.join(", ");
  return words.startsWith(start) ? words.slice(start.length).replace(/^[:,]?\s*/, "") : words;
};

/** Every `export const` of a source file that has a doc block right before it: its name, and the text without the stars. */
export function docBlocks(source: string): ReadonlyMap<string, string> {
  const found = source.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*export const (\w+)/g);
  return new Map([...found].map(([, text, name]) => [name!, withoutStars(text!)]));
}

const withoutStars = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
    .join("\n")
    .trim();

/** The text of a block, taken apart. */
export function parseDocBlock(text: string): DocBlock {
  const [summary, formula, notes]: [string[], string[], string[]] = [[], [], []];
  const sections: Partial<Record<Section, string[]>> = {};
  let open: string[] | undefined;
  for (const line of text.split("\n")) {
    const label = /^([A-Z][a-z]+) {1,7}(?=\S)/.exec(line);
    const section = label === null ? undefined : (labels as Readonly<Record<string, Section>>)[label[1]!];
    if (section !== undefined && (open !== undefined || formula.length > 0)) {
      open = sections[section] ??= [];
      open.push(line.slice(label![0].length));
    } else if (line === "") open = summary.length === 0 || formula.length === 0 ? undefined : open;
    else if (open !== undefined && /^ {2,}/.test(line)) open.push(line.replace(/^ {1,8}/, ""));
    else if (/^ {4}/.test(line)) formula.push(line.slice(4));
    else {
      open = undefined;
      (formula.length === 0 ? summary : notes).push(line);
    }
  }
  return { summary: summary.join(" "), formula, sections, notes };
}

/** The entries of the options' section: one begins with a line whose first word is an option, or which follows a default. */
export function documentedOptions({ sections }: DocBlock, known: readonly string[]): DocumentedOption[] {
  const entries: string[] = [];
  let ended = true;
  for (const line of sections.options ?? []) {
    const first = /^\w+/.exec(line)?.[0] ?? "";
    if (ended || known.includes(first)) entries.push(line);
    else entries.push(`${entries.pop()!} ${line.trim()}`);
    ended = line.includes("@default");
  }
  return entries.map((entry) => {
    const [words, value] = entry.split(/\s*@default\s+/) as [string, string | undefined];
    const mentioned = known.filter((name) => new RegExp(`(^|, )${name}\\b`).test(words));
    const names = mentioned.length > 0 ? mentioned : [/^\w*/.exec(words)![0]];
    return { names, words, ...(value !== undefined && { default: value }) };
  });
}
