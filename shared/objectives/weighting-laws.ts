/**
 * What every weighting owes its callers, as laws that any test runner can run:
 *
 *     for (const { title, check } of weightingLaws(mine)) test(title, check);      // or: checkWeighting(mine)
 *
 * Each law draws its own Jacobians from a fixed seed. What a method does not promise (`defineWeighting`) is not asked of it.
 */
import { TributaryError } from "../errors.ts";
import { pow } from "../kernels/math.ts";
import { Random } from "../random.ts";
import { weightedSum } from "./combine.ts";
import type { Method } from "./define-weighting.ts";
import { gramian } from "./gramian.ts";

export interface Law {
  readonly title: string;
  /** Throws "invalid-option" with what was found. */
  readonly check: () => void;
}

interface Outcome {
  readonly direction: Float64Array;
  readonly weights: Float64Array | undefined;
  readonly state: unknown;
  readonly status: "stationary" | undefined;
}
type Rows = readonly Float64Array[];

const seed = 8;
const dimension = 6;

/** The laws of a method with these options. */
export function weightingLaws(method: Method, options: object = {}): readonly Law[] {
  const { nonConflicting, degree, equivariant } = method.promises(options);
  const draw = (m: number, ...path: readonly string[]): { rows: Rows; losses: Float64Array } => {
    const random = Random.seeded(seed).fork(method.name, m, ...path);
    const rows = Array.from({ length: m }, () => Float64Array.from({ length: dimension }, () => random.normal()));
    return { rows, losses: Float64Array.from({ length: m }, () => 0.5 + 1.5 * random.uniform()) };
  };
  const names = (m: number): string[] => Array.from({ length: m }, (_, i) => `objective-${i}`);
  const step = (rows: Rows, losses: Float64Array, own = names(rows.length), before?: unknown, all = own): Outcome => {
    const weighting = method.bind(options, all);
    const seen = { names: own, losses, rows, gramian: gramian(rows), random: Random.seeded(seed).fork("step") };
    const state = before ?? weighting.init();
    const outcome = weighting.needs === "rows" ? weighting.step(state, seen) : weighting.step(state, seen);
    const direction = "direction" in outcome ? outcome.direction : weightedSum(rows, outcome.weights);
    return { direction, weights: outcome.weights, state: outcome.state, status: outcome.status };
  };
  /** Two rounds, so that what a state does is seen. */
  const twice = (rows: Rows, losses: Float64Array, own?: string[]): Outcome =>
    step(
      rows,
      losses.map((loss) => loss * 0.9),
      own,
      step(rows, losses, own).state,
    );
  const require = (holds: boolean, what: string): void => {
    if (!holds) throw new TributaryError("invalid-option", `${method.name}: ${what}`);
  };
  const mustBeFinite = ({ direction, weights = new Float64Array(0) }: Outcome, where: string): void => {
    require([...direction, ...weights].every(Number.isFinite), `is not finite ${where}: weights ${weights.join(", ")}`);
  };
  const laws: Law[] = [
    {
      title: "is finite for rows that are dependent, opposed, zero, and of any size",
      check: () => {
        const { rows, losses } = draw(3, "singular");
        const [a, b, c] = rows as [Float64Array, Float64Array, Float64Array];
        const zero = new Float64Array(dimension);
        const scaled = (k: number, row: Float64Array): Float64Array => row.map((value) => k * value);
        mustBeFinite(twice([a, a, b], losses), "for two equal rows");
        mustBeFinite(twice([a, scaled(-1, a), b], losses), "for two opposed rows");
        mustBeFinite(
          twice([a, scaled(-2, a), a.map((value, i) => value * Number(i > 2))], losses),
          "for nearly stationary rows",
        );
        mustBeFinite(twice([a, zero, c], losses), "for a row of zeros");
        mustBeFinite(twice([zero, zero, zero], losses), "for rows of zeros");
        for (const k of [1e-15, 1e15]) {
          mustBeFinite(
            twice(
              rows.map((row) => scaled(k, row)),
              losses,
            ),
            `for rows times ${k}`,
          );
        }
        mustBeFinite(twice([scaled(1e-10, a), b, scaled(1e10, c)], losses), "for rows of very different lengths");
      },
    },
    {
      title: "follows the only gradient there is",
      check: () => {
        const { rows, losses } = draw(1, "one");
        const outcome = twice(rows, losses);
        mustBeFinite(outcome, "for one objective");
        const row = rows[0]!;
        const along = outcome.direction.reduce((sum, value, i) => sum + value * row[i]!, 0);
        const off = outcome.direction.map((value, i) => value - (along / square(row)) * row[i]!);
        require(along > 0 && length(off) <= 1e-9 * length(outcome.direction), `leaves the direction of the only row`);
      },
    },
    {
      title: "gives the same for the same, and leaves what it is given as it was",
      check: () => {
        const { rows, losses } = draw(4, "same");
        const copy = structuredClone({ rows, losses });
        const [first, second] = [twice(rows, losses), twice(rows, losses)];
        require(same(first.direction, second.direction), "gives something else the second time");
        require(rows.every((row, i) => same(row, copy.rows[i]!)) &&
          same(losses, copy.losses), "changes what it is given");
      },
    },
    {
      title: "keeps a state that survives being written down",
      check: () => {
        const { rows, losses } = draw(3, "state");
        const before = step(rows, losses).state;
        const kept = JSON.parse(
          JSON.stringify(before, (_, value: unknown) =>
            ArrayBuffer.isView(value) ? [...(value as Float64Array)] : value,
          ),
        ) as unknown;
        const [held, read] = [step(rows, losses, undefined, before), step(rows, losses, undefined, kept ?? undefined)];
        require(same(held.direction, read.direction), "goes on differently from a state that was written and read");
      },
    },
    {
      title: "does without an objective that has no row",
      check: () => {
        const { rows, losses } = draw(3, "absent");
        const all = names(3);
        const state = step(rows, losses, all, undefined, all).state;
        mustBeFinite(step(rows.slice(1), losses.slice(1), all.slice(1), state, all), "when an objective is absent");
      },
    },
  ];
  if (equivariant)
    laws.push({
      title: "changes with the order of the objectives in their order alone",
      check: () => {
        for (const m of [2, 3, 5]) {
          const { rows, losses } = draw(m, "order");
          const order = Random.seeded(seed).fork("order", m).permutation(m);
          const given = twice(rows, losses);
          const turned = twice(
            Array.from(order, (i) => rows[i]!),
            Float64Array.from(order, (i) => losses[i]!),
            Array.from(order, (i) => names(m)[i]!),
          );
          require(near(turned.direction, given.direction, 1e-7, rows), `depends on the order of ${m} objectives`);
        }
      },
    });
  if (degree !== undefined)
    laws.push({
      title: `grows as the rows do, to the power ${degree}`,
      check: () => {
        const { rows, losses } = draw(3, "scale");
        const given = step(rows, losses);
        for (const power of [-40, 1, 40]) {
          const k = powerOfTwo(power);
          const grown = step(
            rows.map((row) => row.map((value) => k * value)),
            losses,
          );
          const expected = given.direction.map((value) => value * powerOfTwo(power * degree));
          require(near(
            grown.direction,
            expected,
            1e-7,
          ), `rows times 2^${power} do not change the direction by 2^${power * degree}`);
        }
      },
    });
  if (nonConflicting)
    laws.push({
      title: "harms no objective",
      check: () => {
        for (const m of [2, 3, 5, 8]) {
          for (let i = 0; i < 20; i++) {
            const { rows, losses } = draw(m, "conflict", String(i));
            const { direction } = step(rows, losses);
            for (const row of rows) {
              const along = row.reduce((sum, value, k) => sum + value * direction[k]!, 0);
              const slack = 1e-7 * length(row) * Math.max(length(direction), shortest(rows));
              require(along >= -slack, `harms an objective of ${m}: ⟨g, d⟩ = ${along}`);
            }
          }
        }
      },
    });
  return laws;
}

/** Throws "invalid-option" with every law that a method breaks. */
export function checkWeighting(method: Method, options: object = {}): void {
  const broken = weightingLaws(method, options).flatMap(({ title, check }) => {
    try {
      check();
      return [];
    } catch (error) {
      return [`${title}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });
  if (broken.length > 0) throw new TributaryError("invalid-option", broken.join("\n"));
}

const square = (row: Float64Array): number => row.reduce((sum, value) => sum + value * value, 0);
const length = (row: Float64Array): number => Math.sqrt(square(row));
const shortest = (rows: Rows): number => Math.min(...rows.map(length));
const same = (a: Float64Array, b: Float64Array): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i]);
const powerOfTwo = (power: number): number => pow(2, power);

/** ‖a − b‖ ≤ tolerance · ‖b‖, or of the longest row where b is 0. */
function near(a: Float64Array, b: Float64Array, tolerance: number, rows: Rows = []): boolean {
  const gap = length(a.map((value, i) => value - b[i]!));
  return gap <= tolerance * Math.max(length(b), 1e-3 * Math.max(0, ...rows.map(length)));
}
