/**
 * Which loss to begin with, from what the clients' data look like before anything is trained.
 *
 *     tables ─ measure ─▶ counts, exact sums, sketches ─ merge over clients ─▶ findings, and losses from the best to the least
 *
 * Every proposal carries the numbers that led to it, and no loss is proposed that the catalogue does not have. The noise that
 * losses are judged by is what a simple robust fit leaves over, not the spread of the target itself.
 *
 *     const advice = adviseOn(measure(tables, { target: "price" }));
 *     advice.proposals[0];      // { loss: "huber", options: { delta: 67400 }, because: "…", numbers: { … } }
 *
 * Read next: `measure.ts` (what clients tell), `precision.ts` (how losses on numbers are compared), `classification.ts`.
 */
import { adviseOnClasses, findAboutClasses } from "./classification.ts";
import { adviseOnCounts, findAboutCounts } from "./counts.ts";
import { adviseOnLists, adviseOnTimes, findAboutLists, findAboutTimes } from "./lists.ts";
import type { Measurements } from "./measure.ts";
import { available, counted, percent, type Finding, type Proposal } from "./proposal.ts";
import { adviseOnNumbers, findAboutNumbers, noiseFacts } from "./regression.ts";
import { regularizationFor, type Regularization } from "./regularization.ts";
import { Sketch } from "./sketch.ts";
import { classesOf, settleTask, shown, type SettledTask } from "./task.ts";
import type { Task } from "./tasks.ts";
import type { TargetFacts } from "../losses/loss.ts";

export interface Advice {
  readonly target: string;
  readonly task: Task;
  readonly because: string;
  readonly clients: number;
  readonly rows: number;
  readonly findings: readonly Finding[];
  /** The best first; each loss with its options is in the catalogue. */
  readonly proposals: readonly Proposal[];
  readonly regularization: Regularization;
}

type Advisers = Readonly<
  Record<
    Task,
    {
      readonly propose: (measured: Measurements, settled: SettledTask) => Proposal[];
      readonly find: (measured: Measurements, settled: SettledTask) => Finding[];
    }
  >
>;

const numbers = { propose: adviseOnNumbers, find: findAboutNumbers };
const classes = { propose: adviseOnClasses, find: findAboutClasses };
const advisers: Advisers = {
  regression: numbers,
  count: {
    propose: adviseOnCounts,
    find: (measured, settled) => [...findAboutNumbers(measured, settled), ...findAboutCounts(measured, settled)],
  },
  binary: classes,
  classes,
  ordinal: classes,
  survival: { propose: adviseOnTimes, find: findAboutTimes },
  ranking: { propose: adviseOnLists, find: findAboutLists },
};

/** Throws "invalid-option" as `measure` does. */
export function adviseOn(measured: Measurements): Advice {
  const settled = settleTask(measured.columns, measured.sketches, measured.question);
  const { propose, find } = advisers[settled.task];
  const proposals = available(propose(measured, settled), targetFactsOf(settled));
  return {
    target: settled.facts.name,
    task: settled.task,
    because: settled.because,
    clients: measured.clients,
    rows: measured.rows,
    findings: [...findAboutSize(measured, settled), ...find(measured, settled), ...findLeaks(measured, settled)],
    proposals,
    regularization: regularizationFor(measured, settled, proposals[0]),
  };
}

/** The target as the losses see it. */
export function targetFactsOf(settled: SettledTask): TargetFacts {
  const { task, facts } = settled;
  if (task === "binary") return { kind: "binary", classes: 2 };
  if (task === "classes") return { kind: "class", classes: classesOf(facts).length };
  if (task === "ordinal") return { kind: "level", classes: classesOf(facts).length };
  return { kind: "number", classes: 1 };
}

function findAboutSize({ rows, clients, columns, noise, question }: Measurements, { facts }: SettledTask): Finding[] {
  const features = columns.filter(({ name }) => ![question.target, question.event, question.group].includes(name));
  const findings: Finding[] = [
    {
      about: "size",
      says: `${counted(rows, "row")}${clients > 1 ? ` at ${shown(clients)} clients` : ""}, ${counted(features.length, "other column")}`,
      numbers: { rows, clients, columns: features.length },
      warns: false,
    },
  ];
  if (noise !== undefined && rows < 10 * noise.width)
    findings.push({
      about: "few rows",
      says: `${counted(rows, "row")} for ${noise.width} coefficients: fewer than ten each, and the noise is underestimated`,
      numbers: { rows, coefficients: noise.width },
      warns: true,
    });
  if (facts.missing > 0)
    findings.push({
      about: "missing target",
      says: `${counted(facts.missing, "row")} (${percent(facts.missing / rows)}) without the target, left out`,
      numbers: { missing: facts.missing, share: facts.missing / rows },
      warns: facts.missing > 0.2 * rows,
    });
  const incomplete = features.filter(({ missing }) => missing > 0).sort((a, b) => b.missing - a.missing);
  if (incomplete.length > 0)
    findings.push({
      about: "missing",
      says: `${incomplete
        .slice(0, 4)
        .map(({ name, missing }) => `${name} in ${percent(missing / rows)}`)
        .join(", ")}${incomplete.length > 4 ? `, and in ${incomplete.length - 4} other columns` : ""}`,
      numbers: Object.fromEntries(incomplete.map(({ name, missing }) => [name, missing / rows])),
      warns: incomplete[0]!.missing > 0.2 * rows,
    });
  return findings;
}

/** Hardly anything is learned so well by a straight line that is not the target itself in other words. */
const tooGood = 0.999;

function findLeaks({ noise, sketches, leaks }: Measurements, { facts }: SettledTask): Finding[] {
  const single = leaks.map(({ column, how }) => ({
    about: "leak",
    says: `${column} tells the target: ${how}. Is it known before the target is? If not, leave it out`,
    numbers: {},
    warns: true,
  }));
  if (noise === undefined || single.length > 0) return single;
  const { explained } = noiseFacts(noise, Sketch.fromJSON(sketches[facts.name]!));
  if (explained < tooGood) return [];
  return [
    {
      about: "leak",
      says: `a straight line through the other columns explains ${percent(explained)} of ${facts.name}: do some of them only exist once it is known? Leave those out`,
      numbers: { explained },
      warns: true,
    },
  ];
}
