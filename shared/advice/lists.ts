/** Advice on rows that are not alone: lists to be ranked, and times that may have been cut short. */
import { meanOf } from "../data/summary.ts";
import type { Measurements } from "./measure.ts";
import { counted, percent, type Finding, type Proposal } from "./proposal.ts";
import { Sketch } from "./sketch.ts";
import { shown, type SettledTask } from "./task.ts";

interface ListFacts {
  readonly lists: number;
  readonly middle: number;
  readonly longest: number;
  /** Lists of which more than one client holds rows. */
  readonly cut: number;
  readonly alone: number;
}

export function listFacts({ groups = [] }: Measurements): ListFacts {
  const rows = new Map<string, number>();
  const holders = new Map<string, number>();
  for (const client of groups) {
    for (const [group, count] of Object.entries(client)) {
      rows.set(group, (rows.get(group) ?? 0) + count);
      holders.set(group, (holders.get(group) ?? 0) + 1);
    }
  }
  const sizes = Sketch.of(rows.values());
  return {
    lists: rows.size,
    middle: sizes.quantile(0.5),
    longest: [...rows.values()].reduce((most, count) => Math.max(most, count), 0),
    cut: [...holders.values()].filter((count) => count > 1).length,
    alone: [...rows.values()].filter((count) => count === 1).length,
  };
}

/** Beyond so many rows a list has half a million pairs. */
const longLists = 1000;

export function adviseOnLists(measured: Measurements, { facts }: SettledTask): Proposal[] {
  const { middle, longest } = listFacts(measured);
  const grades = facts.values?.length ?? Infinity;
  const numbers = { grades, rowsInTheMiddleList: middle, rowsInTheLongestList: longest };
  const one = (loss: string, because: string, options = {}): Proposal => ({
    loss,
    options,
    because,
    numbers,
    curvature: 1,
  });
  const pairwise = [
    ...(grades <= 31
      ? [
          one(
            "lambdarank",
            `${grades === Infinity ? "many" : grades} grades: each pair counts by what its swap would change in NDCG`,
          ),
        ]
      : []),
    one("ranknet", "every ordered pair counts alike"),
  ];
  const listwise = [
    one("ranking-softmax", "one softmax for each list, weighed by the grades: linear in the list's length"),
    one("listnet", "the top of the list as a distribution, and that of the grades"),
  ];
  return longest > longLists ? [...listwise, ...pairwise] : [pairwise[0]!, ...listwise, ...pairwise.slice(1)];
}

export function findAboutLists(measured: Measurements): Finding[] {
  const { lists, middle, longest, cut, alone } = listFacts(measured);
  const findings: Finding[] = [
    {
      about: "groups",
      says: `${counted(lists, "list")}, ${shown(middle)} rows in the middle one, ${shown(longest)} in the longest${alone === 0 ? "" : `; ${shown(alone)} with a single row, which tells nothing of an order`}`,
      numbers: { lists, middle, longest, alone },
      warns: alone > lists / 2,
    },
  ];
  if (cut > 0)
    findings.push({
      about: "cut groups",
      says: `${cut} of ${lists} lists (${percent(cut / lists)}) have rows at several clients: a list must stay whole on one`,
      numbers: { cut, lists },
      warns: true,
    });
  return findings;
}

export function adviseOnTimes(measured: Measurements, settled: SettledTask): Proposal[] {
  const { events, share } = eventFacts(measured);
  const distinct = settled.facts.values?.length ?? Infinity;
  const ties = distinct < events;
  const numbers = { events, share };
  return [
    {
      loss: "cox",
      options: { ties: "efron" },
      because: `the order of ${counted(events, "event")}, whatever the hazard in time${ties ? "; there are ties, for which Efron's form is the closer" : ""}`,
      numbers,
      curvature: 1,
    },
    {
      loss: "logistic-hazard",
      options: {},
      because:
        "a hazard for each interval of time: gives survival curves, and adds up over rows, so that any sharding is exact",
      numbers,
      curvature: 0.25,
    },
    {
      loss: "pmf",
      options: {},
      because: "a distribution over intervals of time",
      numbers,
      curvature: 0.5,
    },
  ];
}

/** The greater of the two values of the event column is that of an event. */
export function eventFacts({ columns, question }: Measurements): {
  readonly value: string;
  readonly events: number;
  readonly share: number;
} {
  const event = columns.find(({ name }) => name === question.event)!;
  const values = event.values!;
  const numeric = event.texts === 0;
  const [greater] = [...values].sort(([a], [b]) => (numeric ? Number(b) - Number(a) : a < b ? 1 : -1));
  return { value: greater![0], events: greater![1], share: greater![1] / event.count };
}

export function findAboutTimes(measured: Measurements, { facts }: SettledTask): Finding[] {
  const { events, share } = eventFacts(measured);
  const { least } = facts.numbers;
  const findings: Finding[] = [
    {
      about: "censoring",
      says: `${counted(events, "event")} in ${counted(facts.count, "row")}; ${percent(1 - share)} are cut short before theirs. Times up to ${shown(facts.numbers.greatest!)}, mean ${shown(meanOf(facts.numbers))}`,
      numbers: { events, censored: 1 - share, greatest: facts.numbers.greatest! },
      warns: false,
    },
  ];
  if (least! <= 0)
    findings.push({
      about: "times of 0",
      says: `${counted(facts.atLeast, "row")} with the time ${shown(least!)}: Cox's loss takes times above 0, so leave them out or add half a unit to all`,
      numbers: { least: least!, rows: facts.atLeast },
      warns: true,
    });
  return findings;
}
