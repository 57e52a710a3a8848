/** Partitions that skew classes: Dirichlet cuts and shards of sorted rows. */
import { TributaryError } from "../../errors.ts";
import type { Random } from "../../random.ts";
import { cut } from "./by-size.ts";

export interface DirichletRule {
  /** Concentration: small is harsh. */
  readonly alpha: number;
  /** Everything is drawn again until every client has at least this many rows. @default 10 */
  readonly minimum?: number | undefined;
  /** Clients that have their n/K rows get no more of the classes that follow. @default false */
  readonly selfBalancing?: boolean | undefined;
}

/** How often a Dirichlet partition is drawn before we say that its minimum cannot be met. */
export const maximumDraws = 1000;

/**
 * For each class c: q ~ Dirichlet(α·1_K), and the shuffled rows of c are cut at ⌊cumsum(q)·n_c⌋.
 * Source: Yurochkin et al. (2019), Hsu, Qi & Brown (2019); redraws as in Flower's DirichletPartitioner.
 */
export function dirichletByClass(
  classes: ArrayLike<number>,
  clients: number,
  rule: DirichletRule,
  random: Random,
): number[][] {
  const { alpha, minimum = 10, selfBalancing = false } = rule;
  const refuse = (problem: string): TributaryError =>
    new TributaryError(
      "invalid-option",
      `A Dirichlet(${alpha}) partition of ${classes.length} rows into ${clients} clients ${problem}`,
    );
  if (clients * minimum > classes.length) throw refuse(`cannot give each the minimum of ${minimum} rows`);
  const groups = rowsByClass(classes);
  for (let draw = 0; draw < maximumDraws; draw++) {
    const shards = oneDraw(
      groups,
      clients,
      alpha,
      selfBalancing ? classes.length / clients : Infinity,
      random.fork("draw", draw),
    );
    if (shards?.every((rows) => rows.length >= minimum) === true) return shards;
  }
  throw refuse(
    `gave some client fewer than ${minimum} rows in each of ${maximumDraws} draws: lower minimum, or raise alpha`,
  );
}

/** One draw; nothing when every client that still takes rows drew a proportion too small for a float64. */
function oneDraw(
  groups: readonly Int32Array[],
  clients: number,
  alpha: number,
  full: number,
  random: Random,
): number[][] | undefined {
  const shards = Array.from({ length: clients }, (): number[] => []);
  for (const [c, members] of groups.entries()) {
    const fork = random.fork("class", c);
    const rows = fork.shuffle(members.slice());
    const q = Array.from(fork.dirichlet(alpha, clients), (share, k) => (shards[k]!.length < full ? share : 0));
    const total = q.reduce((a, b) => a + b, 0);
    if (total === 0) return undefined;
    let sum = 0;
    let from = 0;
    for (const [k, share] of q.entries()) {
      sum += share;
      const to = Math.floor((sum / total) * rows.length); // the last sum is the total, so the last cut is the end
      for (const row of rows.subarray(from, to)) shards[k]!.push(row);
      from = to;
    }
  }
  return shards;
}

/**
 * Rows sorted by class (in random order inside one), cut into K·S equal shards, S dealt to each client at random.
 * Source: McMahan et al. (2017), §3: MNIST in 200 shards of 300, two for each of 100 clients.
 */
export function pathological(
  classes: ArrayLike<number>,
  clients: number,
  shardsPerClient: number,
  random: Random,
): number[][] {
  const sorted = rowsByClass(classes).flatMap((members, c) => [...random.fork("class", c).shuffle(members.slice())]);
  const count = clients * shardsPerClient;
  const size = (i: number): number =>
    Math.floor(((i + 1) * sorted.length) / count) - Math.floor((i * sorted.length) / count);
  const shards = cut(
    Int32Array.from(sorted),
    Array.from({ length: count }, (_, i) => size(i)),
  );
  const dealt = random.fork("deal").shuffle(shards.map((_, i) => i));
  return Array.from({ length: clients }, (_, k) =>
    dealt.slice(k * shardsPerClient, (k + 1) * shardsPerClient).flatMap((i) => [...shards[i]!]),
  );
}

/** The rows of each class, classes ascending, rows ascending. */
function rowsByClass(classes: ArrayLike<number>): Int32Array[] {
  const groups = new Map<number, number[]>();
  for (let row = 0; row < classes.length; row++) {
    const members = groups.get(classes[row]!);
    if (members === undefined) groups.set(classes[row]!, [row]);
    else members.push(row);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([, members]) => Int32Array.from(members));
}
