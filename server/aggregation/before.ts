/**
 * Steps before a rule: many rows → rows that are harder to lie with. Nearest-neighbour mixing is what lets a rule bear clients whose
 * data differ; bucketing does so by chance.
 */
import { norm } from "../../shared/tensor/vector.ts";
import type { Random } from "../../shared/random.ts";
import { shortened } from "./bounded.ts";
import { meanOf, ranked, type Laws, type RobustRule } from "./rule.ts";
import { squaredDistances } from "./selection.ts";

export interface Before {
  readonly name: string;
  readonly laws: Laws;
  /** Of n rows, how many may be anything where the rule after it bears `withstands` of them. */
  readonly bears: (n: number, withstands: (n: number) => number) => number;
  apply(rows: readonly Float64Array[], random: Random): Mixed;
}

export interface Mixed {
  readonly rows: readonly Float64Array[];
  /** For each row, the rows it stands for. */
  readonly owners: readonly (readonly number[])[];
}

const inPlace = (rows: readonly Float64Array[]): Mixed => ({ rows, owners: rows.map((_, i) => [i]) });

/** Each row becomes the mean of its n − f nearest, itself included; ties go to the lower row. Source: Allouah et al. (2023). */
export const nearestNeighbourMixing = (f: number): Before => ({
  name: "nnm",
  bears: (n, withstands) => Math.min(f, withstands(n)),
  laws: { permutation: true, translation: true, scaling: true },
  apply(rows) {
    const count = Math.max(1, rows.length - f);
    return inPlace(squaredDistances(rows).map((own) => meanOf(rows, ranked(own).slice(0, count))));
  },
});

/** The rows in random order, and the means of `size` at a time; the last may be of fewer. Source: Karimireddy, He & Jaggi (2022). */
export const bucketing = (size: number): Before => ({
  name: "bucketing",
  bears: (n, withstands) => withstands(Math.ceil(n / size)), // each spoils one bucket at most
  laws: { permutation: false, translation: true, scaling: true },
  apply(rows, random) {
    const order = [...random.permutation(rows.length)];
    const owners = Array.from({ length: Math.ceil(rows.length / size) }, (_, i) =>
      order.slice(i * size, (i + 1) * size).sort((a, b) => a - b),
    );
    return { rows: owners.map((own) => meanOf(rows, own)), owners };
  },
});

/** Each row shortened to the norm c. */
export const clipping = (c: number): Before => ({
  name: "clipping",
  bears: (n, withstands) => withstands(n),
  laws: { permutation: true, translation: false, scaling: false },
  apply: (rows) => inPlace(rows.map((row) => shortened(row, c))),
});

/** The ⌊2f/n·(n − f)⌋ longest rows shortened to the longest norm that is left. Source: Allouah et al. (2025). */
export const adaptiveClipping = (f: number): Before => ({
  name: "arc",
  bears: (n, withstands) => withstands(n),
  laws: { permutation: true, translation: false, scaling: true },
  apply(rows) {
    const n = rows.length;
    const lengths = rows.map(norm);
    const cut = Math.min(n - 1, Math.floor(((2 * f) / n) * (n - f)));
    const bound = lengths.toSorted((a, b) => a - b)[n - 1 - cut]!;
    return inPlace(rows.map((row) => shortened(row, bound)));
  },
});

/** The rule after these steps; whom it selects is said of the rows that came in. */
export function preceded(steps: readonly Before[], rule: RobustRule): RobustRule {
  if (steps.length === 0) return rule;
  const all = [...steps, rule];
  const every = (law: keyof Laws): boolean => all.every(({ laws }) => laws[law]);
  return {
    ...rule,
    name: all.map(({ name }) => name).join("+"),
    laws: { permutation: every("permutation"), translation: every("translation"), scaling: every("scaling") },
    withstands: steps.reduceRight<RobustRule["withstands"]>(
      (after, { bears }) =>
        (n) =>
          bears(n, after),
      (n) => rule.withstands(n),
    ),
    choose(rows, context) {
      let mixed = inPlace(rows);
      steps.forEach((step, i) => {
        const { rows: next, owners } = step.apply(mixed.rows, context.random.fork("before", i));
        mixed = { rows: next, owners: owners.map((own) => own.flatMap((row) => [...mixed.owners[row]!])) };
      });
      const { value, selected } = rule.choose(mixed.rows, context);
      const chosen = selected?.flatMap((row) => [...mixed.owners[row]!]).sort((a, b) => a - b);
      return { value, selected: chosen ?? null };
    },
  };
}
