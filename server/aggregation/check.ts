/**
 * The laws of a robust rule, on vectors drawn for it: what a rule of one's own is tried with before it is trained with.
 *
 *     checkAggregation(mine);      // silent, or throws with every law that does not hold
 *
 * Pure, finite and of the rows' length; the selected are rows, ascending; equal rows are their own value; the order of the rows (which
 * reaches nothing but the last bits), translation and scaling where they are claimed; and as many rows as it withstands,
 * thrown far away, carry the value no farther from the mean of the others than a few times their own distance from it.
 */
import { TributaryError } from "../../shared/errors.ts";
import { Random } from "../../shared/random.ts";
import { distance, norm } from "../../shared/tensor/vector.ts";
import { meanOf, type Choice, type RobustRule } from "./rule.ts";

const length = 6;
const close = 1e-8;

/** Throws "invalid-option" with everything that was found. `seed` draws the vectors. */
export function checkAggregation(rule: RobustRule, seed = 1): void {
  const random = Random.seeded(seed).fork("aggregation", rule.name);
  const rows = Array.from({ length: Math.max(rule.fewest, 11) }, () =>
    Float64Array.from({ length }, () => 1 + random.normal()),
  );
  const choose = (some: readonly Float64Array[]): Choice =>
    rule.choose(some, { random: Random.seeded(seed).fork("rule"), root: 0 });
  const problems = [
    ...soundness(rows, choose),
    ...equality(rows[0]!, rows.length, rule, choose),
    ...(rule.laws.permutation ? permutation(rows, choose, random) : []),
    ...(rule.laws.translation ? translation(rows, choose) : []),
    ...(rule.laws.scaling ? scaling(rows, choose) : []),
    ...breakdown(rows, rule.withstands(rows.length), choose, random),
  ];
  if (problems.length === 0) return;
  throw new TributaryError("invalid-option", problems.map((problem) => `${rule.name} ${problem}`).join("\n"));
}

type Rows = readonly Float64Array[];
type Choose = (rows: Rows) => Choice;

function soundness(rows: Rows, choose: Choose): string[] {
  const copies = rows.map((row) => row.slice());
  const { value, selected } = choose(rows);
  const problems: string[] = [];
  if (value.length !== length) problems.push(`expected a value of ${length} numbers, got ${value.length}`);
  if (!value.every(Number.isFinite)) problems.push(`expected a finite value, got ${show(value)}`);
  if (rows.some((row, i) => !same(row, copies[i]!))) problems.push("changes the rows it is given");
  if (!same(value, choose(rows).value)) problems.push("answers differently to the same rows");
  const ascends = selected?.every((row, i) => row in rows && (i === 0 || selected[i - 1]! < row)) ?? true;
  if (!ascends)
    problems.push(`expected selected rows of 0 … ${rows.length - 1}, ascending, got ${selected!.join(", ")}`);
  return problems;
}

/** A row that is longer than a rule's bound is cut even among its equals: there, only the direction is asked for. */
function equality(one: Float64Array, count: number, { laws }: RobustRule, choose: Choose): string[] {
  const { value } = choose(Array.from({ length: count }, () => one));
  const share = laws.translation || laws.scaling ? 1 : norm(value) / norm(one);
  const expected = one.map((x) => x * share);
  return isNear(value, expected)
    ? []
    : [`of equal rows is not that row: expected ${show(expected)}, got ${show(value)}`];
}

/** Row 0 stays where it is: it may be the trusted one. */
function permutation(rows: Rows, choose: Choose, random: Random): string[] {
  const expected = choose(rows).value;
  for (let i = 0; i < 5; i++) {
    const order = [0, ...[...random.permutation(rows.length - 1)].map((position) => position + 1)];
    const { value } = choose(order.map((row) => rows[row]!));
    if (!isNear(value, expected)) return [`depends on the order of rows: ${show(expected)}, then ${show(value)}`];
  }
  return [];
}

function translation(rows: Rows, choose: Choose): string[] {
  const shift = (row: Float64Array): Float64Array => row.map((x, j) => x + j - 2);
  const expected = shift(choose(rows).value);
  const { value } = choose(rows.map(shift));
  return isNear(value, expected) ? [] : [`does not move with its rows: expected ${show(expected)}, got ${show(value)}`];
}

function scaling(rows: Rows, choose: Choose): string[] {
  return [1e-3, 1e3].flatMap((scale) => {
    const grow = (row: Float64Array): Float64Array => row.map((x) => x * scale);
    const expected = grow(choose(rows).value);
    const { value } = choose(rows.map(grow));
    return isNear(value, expected)
      ? []
      : [`does not grow with its rows: expected ${show(expected)}, got ${show(value)}`];
  });
}

function breakdown(rows: Rows, liars: number, choose: Choose, random: Random): string[] {
  if (liars === 0) return [];
  const honest = rows.slice(0, rows.length - liars);
  const centre = meanOf(honest);
  const reach = 4 * Math.max(...honest.map((row) => distance(row, centre)));
  return [1e2, 1e6, 1e12].flatMap((far) => {
    const direction = Float64Array.from({ length }, () => far * random.normal());
    const { value } = choose([
      ...honest,
      ...rows.slice(honest.length).map((row) => row.map((x, j) => x + direction[j]!)),
    ]);
    const moved = distance(value, centre);
    return moved <= reach
      ? []
      : [
          `is carried away by ${liars} of ${rows.length} rows at ${far}: ${moved} from the others, who lie within ${reach / 4}`,
        ];
  });
}

const same = (a: Float64Array, b: Float64Array): boolean => a.length === b.length && a.every((x, i) => x === b[i]);
const isNear = (a: Float64Array, b: Float64Array): boolean => distance(a, b) <= close * Math.max(norm(a), norm(b));
const show = (value: Float64Array): string => [...value].map((x) => x.toPrecision(6)).join(", ");
