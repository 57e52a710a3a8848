/** Partitions that heed sizes only: equal, or skewed by a law. */
import type { Random } from "../../random.ts";
import { exp } from "../../kernels/math.ts";
import { apportion } from "../split.ts";

export interface SizeRule {
  /** Sizes in proportion to k, k², eᵏ (k = 1 … K), to lognormal draws exp(σ·z), or to one draw of Dirichlet(α). */
  readonly law: "linear" | "square" | "exponential" | "lognormal" | "dirichlet";
  /** Of the lognormal. @default 1 */
  readonly sigma?: number | undefined;
  /** Of the Dirichlet. @default 1 */
  readonly alpha?: number | undefined;
}

/** A permutation cut into equal parts; the first rows mod K parts have one more. */
export function iid(rows: number, clients: number, random: Random): Int32Array[] {
  return cut(
    permutation(rows, random),
    Array.from({ length: clients }, (_, k) => Math.ceil((rows - k) / clients)),
  );
}

/** A permutation cut into parts of uneven sizes. Each client has one row before the rest is shared out by the law. */
export function sizeSkewed(rows: number, clients: number, rule: SizeRule, random: Random): Int32Array[] {
  const first = Math.min(1, Math.floor(rows / clients));
  const rest = apportion(
    proportions(clients, rule, random.fork("sizes")),
    rows - first * clients,
    random.fork("remainders"),
  );
  return cut(
    permutation(rows, random),
    rest.map((size) => first + size),
  );
}

function proportions(clients: number, { law, sigma = 1, alpha = 1 }: SizeRule, random: Random): number[] {
  if (law === "dirichlet") return [...random.dirichlet(alpha, clients)];
  return Array.from({ length: clients }, (_, i) => {
    const k = i + 1;
    switch (law) {
      case "linear":
        return k;
      case "square":
        return k * k;
      case "exponential":
        return exp(k - clients); // from below, or e⁷¹⁰ overflows
      case "lognormal":
        return exp(sigma * random.normal());
    }
  });
}

const permutation = (rows: number, random: Random): Int32Array =>
  random.fork("permutation").shuffle(Int32Array.from({ length: rows }, (_, row) => row));

/** Consecutive pieces of the given sizes. */
export function cut(rows: Int32Array, sizes: readonly number[]): Int32Array[] {
  let at = 0;
  return sizes.map((size) => rows.subarray(at, (at += size)));
}
