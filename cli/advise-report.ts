/** Advice as a page of text. */
import type { Advice } from "../shared/advice/advice.ts";
import { yamlOf } from "../shared/advice/starting-goal.ts";
import type { Context } from "./context.ts";
import { counted } from "./format.ts";
import { table } from "./table.ts";

const taskNames: Readonly<Record<Advice["task"], string>> = {
  regression: "a number",
  count: "a count",
  binary: "yes or no",
  classes: "a class",
  ordinal: "a level",
  survival: "a time until an event",
  ranking: "an order within lists",
};

const lineWidth = 100;

export function adviceReport(advice: Advice, source: string, { colours }: Context): string {
  const { target, task, because, findings, proposals, regularization } = advice;
  const headline = `${colours.bold(target)} in ${source}: ${counted(advice.rows, "row")}, ${taskNames[task]} (${because}; --task says otherwise)`;
  const found = findings.map(({ about, says, warns }) => [warns ? colours.yellow(about) : about, wrapped(says)]);
  const losses = proposals.map((proposal, i) => [
    String(i + 1),
    i === 0 ? colours.green(spell(proposal)) : spell(proposal),
    wrapped(proposal.because, 70),
  ]);
  return [
    `\n  ${headline}\n`,
    table(["what the data say", ""].map(colours.dim), found, ["left", "left"]),
    "",
    proposals.length === 0
      ? `  ${colours.yellow("no loss of the catalogue fits such a target")}`
      : table(["", "losses, the first to be tried first", "because"].map(colours.dim), losses, [
          "right",
          "left",
          "left",
        ]),
    "",
    `  regularize with l2, λ = ${regularization.lambda}: ${regularization.because}`,
    "",
  ].join("\n");
}

const spell = (proposal: Advice["proposals"][number]): string =>
  `${short(yamlOf(proposal))}${proposal.transform === undefined ? "" : ` on ${proposal.transform}`}`;

const short = (text: string): string => (text.length > 56 ? `${text.slice(0, 52)} … }` : text);

/** Words in lines of at most `width` letters. */
function wrapped(text: string, width = lineWidth): string {
  const lines: string[] = [];
  for (const word of text.split(/ (?!%)/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join("\n");
}
