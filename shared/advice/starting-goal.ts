/** The first proposal as the goal of a starting experiment, and a learning rate that its steps survive. */
import { deviationOf, meanOf } from "../data/summary.ts";
import { list, text, type DraftGoal } from "../experiment/draft.ts";
import { losses } from "../losses/catalogue.ts";
import type { Loss } from "../losses/loss.ts";
import { TributaryError } from "../errors.ts";
import { targetFactsOf, type Advice } from "./advice.ts";
import { designOf, widest } from "./design.ts";
import { eventFacts, listFacts } from "./lists.ts";
import type { Measurements } from "./measure.ts";
import type { Proposal } from "./proposal.ts";
import { classesOf, settleTask, type SettledTask } from "./task.ts";

/** Throws "invalid-option" where no loss of the catalogue fits the target. */
export function startingGoal(advice: Advice, measured: Measurements): DraftGoal {
  const [first, ...others] = advice.proposals;
  const settled = settleTask(measured.columns, measured.sketches, measured.question);
  if (first === undefined)
    throw new TributaryError("invalid-option", `--write: no loss of the catalogue fits ${advice.target}`);
  const loss = lossNamed(first);
  const outputs = loss.bind(first.options).outputs(targetFactsOf(settled));
  const logarithmic = logLinks.has(first.loss);
  return {
    ...ruleOf(settled, first),
    ...(settled.task === "ranking" && listsOf(measured)),
    ...(settled.task === "survival" && timesOf(measured)),
    outputs: outputs === "any" ? 1 : outputs,
    loss: yamlOf(first),
    because: first.because,
    alternatives: others
      .filter((proposal) => proposal.transform === first.transform && sameInputs(lossNamed(proposal), loss))
      .map((proposal) => `${yamlOf(proposal)} # ${proposal.because}`),
    ...(logarithmic && { initial: "zeros" }), // e⁰ = 1 for every row, where random weights could begin at e²⁰
    metrics: logarithmic ? [] : metricsOf(settled),
    stratify: ["binary", "classes", "ordinal"].includes(settled.task),
  };
}

const lossNamed = ({ loss }: Proposal): Loss => (losses as Readonly<Record<string, Loss>>)[loss]!;

const sameInputs = (a: Loss, b: Loss): boolean =>
  Object.keys(a.inputs).sort().join() === Object.keys(b.inputs).sort().join();

/** A list is never cut, so a batch has room for the longest. */
function listsOf(measured: Measurements): Partial<DraftGoal> {
  return {
    bound: "head: goal, target: goal, inputs: { group: group }",
    targets: [`group: { column: ${text(measured.question.group!)}, group: true } # rows compete within it`],
    batchSize: String(Math.max(batchSize, listFacts(measured).longest)),
  };
}

/** Risk sets within each client: a stratified model, which needs all its rows at once. */
function timesOf(measured: Measurements): Partial<DraftGoal> {
  const { value } = eventFacts(measured);
  return {
    bound: "head: goal, inputs: { time: goal, event: event, group: { by: client } }",
    targets: [
      `event: { column: ${text(measured.question.event!)}, equals: ${text(value)} } # 1 where the time is that of an event`,
    ],
    batchSize: "full",
  };
}

/** Losses whose prediction is the logarithm of a mean: the metrics of numbers would compare it with the number itself. */
const logLinks = new Set(["poisson-nll", "negative-binomial", "gamma-nll", "tweedie"]);

function ruleOf(settled: SettledTask, { transform, loss }: Proposal): Pick<DraftGoal, "rule" | "comment"> {
  const { task, facts } = settled;
  const classes = classesOf(facts);
  if (task === "binary")
    return { rule: `, equals: ${text(classes[1]!)}`, comment: `1 where it is ${classes[1]!}, else 0` };
  if (task === "classes") return { rule: `, classes: ${list(classes)}`, comment: "or levels, when they have an order" };
  if (task === "ordinal") return { rule: `, levels: ${list(classes)}`, comment: "lowest first" };
  if (transform !== undefined) return { rule: `, transform: ${transform}`, comment: "the model learns log(1 + y)" };
  return { rule: "", comment: logLinks.has(loss) ? "the model learns the logarithm of its mean" : "a number" };
}

function metricsOf({ task }: SettledTask): string[] {
  if (task === "binary") return ["accuracy", "auc"];
  if (task === "classes") return ["accuracy"];
  if (task === "survival" || task === "ranking") return [];
  return task === "ordinal" ? ["mean-absolute-level-error"] : ["mae", "rmse", "r2"];
}

/** `huber`, or `{ kind: huber, delta: 67400 }`. */
export function yamlOf({ loss, options }: Pick<Proposal, "loss" | "options">): string {
  const entries = Object.entries(options).map(([name, value]) => `${name}: ${yamlValue(value)}`);
  return entries.length === 0 ? loss : `{ ${[`kind: ${loss}`, ...entries].join(", ")} }`;
}

const yamlValue = (value: unknown): string =>
  Array.isArray(value)
    ? `[${value.map(yamlValue).join(", ")}]`
    : typeof value === "string"
      ? text(value)
      : String(value);

/** Rows of a batch: what one of them does to a step is divided by so many. */
const batchSize = 16;

/**
 * Half of what is stable: 0.5/(curvature·Σx²), and no more than 0.1/curvature. Σx² of a batch's mean row is taken for the number of
 * weights, and for the square of the farthest standardized value there is, should it be in the batch.
 */
export function learningRateFor({ proposals }: Advice, { columns, sketches, question }: Measurements): number {
  const { target, event, group, by } = question;
  const without = new Set([target, event, group, by].filter((name) => name !== undefined));
  const design = designOf(columns, sketches, without);
  const used = new Set(design?.parts.filter(({ guess }) => guess.kind === "number").map(({ name }) => name));
  const farthest = columns
    .filter(({ name }) => used.has(name))
    .map(({ numbers }) => {
      const [mean, deviation] = [meanOf(numbers), deviationOf(numbers, 0) || 1];
      return Math.max(numbers.greatest! - mean, mean - numbers.least!) / deviation;
    });
  const far = Math.max(0, ...farthest);
  const length = (design?.width ?? widest) + 1 + (far * far) / batchSize;
  return Number((Math.min(0.1, 0.5 / length) / proposals[0]!.curvature).toPrecision(2));
}
