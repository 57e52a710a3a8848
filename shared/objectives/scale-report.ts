import type { ObjectiveRow } from "./combine.ts";
import { gramian, unitRows } from "./gramian.ts";

/** How the objectives compare at one model: what a choice of weights should know. */
export interface ScaleReport {
  /** Objective → its loss. */
  readonly losses: Readonly<Record<string, number>>;
  /** Objective → the L2 norm of its gradient, of all that it trains. */
  readonly gradientNorms: Readonly<Record<string, number>>;
  /** cos(gᵢ, gⱼ), in the order of `losses`. */
  readonly cosines: readonly (readonly number[])[];
  /** Pairs whose gradients point against each other, the strongest conflict first. */
  readonly conflicts: readonly { readonly between: readonly [string, string]; readonly cosine: number }[];
}

export function scaleReport(rows: readonly ObjectiveRow[]): ScaleReport {
  const names = rows.map(({ objective }) => objective);
  const { lengths, cosines } = unitRows(gramian(rows.map(({ gradient }) => gradient)));
  const conflicts = cosines.flatMap((row, i) =>
    [...row.subarray(i + 1)].flatMap((cosine, k) =>
      cosine < 0 ? [{ between: [names[i]!, names[i + 1 + k]!] as const, cosine }] : [],
    ),
  );
  return {
    losses: Object.fromEntries(rows.map(({ objective, value }) => [objective, value])),
    gradientNorms: Object.fromEntries(names.map((name, i) => [name, lengths[i]!])),
    cosines: cosines.map((row) => [...row]),
    conflicts: conflicts.sort((a, b) => a.cosine - b.cosine),
  };
}
