/** Bounds and priorities on problems whose answers are known, through the whole objective axis. */
import { describe, expect, test } from "vitest";
import { objectiveAxis, type AxisParts, type AxisReport, type AxisState } from "../../../shared/objectives/axis.ts";
import { holdByMultipliers, startConstraints, type Constraint } from "../../../shared/objectives/constraints.ts";
import { fixed } from "../../../shared/objectives/weightings/fixed.ts";
import { Random } from "../../../shared/random.ts";

interface Problem {
  readonly [objective: string]: (x: Float64Array) => readonly [value: number, gradient: readonly number[]];
}

/** Plain descent at `rate` from `start` for so many steps; where it ends, and what was said last. */
function descend(
  problem: Problem,
  parts: Partial<AxisParts> & Pick<AxisParts, "goals">,
  { start, rate, steps }: { readonly start: readonly number[]; readonly rate: number; readonly steps: number },
): { x: number[]; state: AxisState; report: AxisReport; loss: Record<string, number> } {
  const axis = objectiveAxis({
    weighting: fixed.bind({}, Object.keys(parts.goals)),
    priorities: {},
    priority: { tolerance: { absolute: 0, relative: 0 }, patience: 20 },
    constraints: [],
    constraint: { method: "augmented", rate: 1, every: 1, patience: 100 },
    stretches: [],
    ...parts,
  });
  const x = Float64Array.from(start);
  let state = axis.init();
  let report: AxisReport | undefined;
  const seen = (): [string, readonly [number, readonly number[]]][] =>
    Object.entries(problem).map(([name, at]) => [name, at(x)]);
  for (let i = 0; i < steps; i++) {
    const values = seen();
    const rows = values.map(([objective, [value, gradient]]) => ({
      objective,
      value,
      gradient: Float64Array.from(gradient),
    }));
    const losses = Object.fromEntries(values.map(([name, [value]]) => [name, value]));
    const step = axis.step(state, rows, { losses, random: Random.seeded(1) });
    step.direction.forEach((value, k) => (x[k]! -= rate * value));
    ({ state, report } = step);
  }
  return {
    x: [...x],
    state,
    report: report!,
    loss: Object.fromEntries(seen().map(([name, [value]]) => [name, value])),
  };
}

const bowl: Problem = {
  bowl: ([x, y]) => [x! * x! + y! * y!, [2 * x!, 2 * y!]],
  sum: ([x, y]) => [x! + y!, [1, 1]],
};
const atLeastOne: Constraint = { objective: "sum", kind: "atLeast", bound: 1, tolerance: 0, measuredBy: "sum" };

describe("x² + y² with x + y ≥ 1 ends at (½, ½), with the multiplier 1", () => {
  test.each(["lagrangian", "augmented", "projection"] as const)("by %s", (method) => {
    const constraint = { method, rate: 0.5, every: 1, patience: 100 };
    const { x, report } = descend(
      bowl,
      { goals: { bowl: 1 }, constraints: [atLeastOne], constraint },
      { start: [2, -3], rate: 0.1, steps: 2000 },
    );
    expect(x).toEqual([expect.closeTo(0.5, 8), expect.closeTo(0.5, 8)]);
    expect(report.constraints["sum"]).toEqual({
      value: expect.closeTo(1, 8),
      bound: 1,
      violation: expect.closeTo(0, 8),
      multiplier: expect.closeTo(1, 7),
    });
    expect(report.infeasible).toEqual([]);
  });

  test("where it does not bind the multiplier is 0, and the bowl's own minimum is found", () => {
    const loose = { ...atLeastOne, bound: -1 };
    for (const method of ["lagrangian", "augmented", "projection"] as const) {
      const constraint = { method, rate: 0.5, every: 1, patience: 100 };
      const { x, report } = descend(
        bowl,
        { goals: { bowl: 1 }, constraints: [loose], constraint },
        { start: [2, -3], rate: 0.1, steps: 500 },
      );
      expect(x).toEqual([expect.closeTo(0, 8), expect.closeTo(0, 8)]);
      expect(report.constraints["sum"]!.multiplier).toBeCloseTo(0, 12);
    }
  });

  test("with the inner problem solved, the augmented multipliers are ½, ¾, ⅞, …", () => {
    const options = { method: "augmented", rate: 1, every: 1, patience: 100 } as const;
    let state = startConstraints([atLeastOne]);
    let multiplier = 0;
    for (let k = 1; k <= 8; k++) {
      // argmin x² + y² + ½·max(0, λ + 1 − x − y)² at x = y: 2x = λ + 1 − 2x.
      const x = (multiplier + 1) / 4;
      const held = holdByMultipliers([atLeastOne], options, state, { sum: 2 * x });
      ({ state } = held);
      multiplier = held.reports["sum"]!.multiplier;
      expect(multiplier).toBeCloseTo(1 - 2 ** -k, 12);
    }
  });
});

test("an equality is met from either side, with a multiplier of its own sign", () => {
  const equals: Constraint = { ...atLeastOne, kind: "equals", bound: -1 };
  for (const method of ["lagrangian", "augmented", "projection"] as const) {
    const constraint = { method, rate: 0.5, every: 1, patience: 100 };
    const { x, report } = descend(
      bowl,
      { goals: { bowl: 1 }, constraints: [equals], constraint },
      { start: [2, 3], rate: 0.1, steps: 2000 },
    );
    expect(x).toEqual([expect.closeTo(-0.5, 7), expect.closeTo(-0.5, 7)]);
    expect(report.constraints["sum"]!.multiplier).toBeCloseTo(1, 6); // ∇(x² + y²) + λ·(1, 1) = 0
  }
});

test("bounds that exclude each other are told, and a stand-in's own rate moves the multiplier", () => {
  const line: Problem = { far: ([x]) => [x! * x!, [2 * x!]], above: ([x]) => [x!, [1]], below: ([x]) => [x!, [1]] };
  const constraints: Constraint[] = [
    { objective: "above", kind: "atLeast", bound: 1, tolerance: 0, measuredBy: "above" },
    { objective: "below", kind: "atMost", bound: 0, tolerance: 0, measuredBy: "far" },
  ];
  const constraint = { method: "augmented", rate: 1, every: 1, patience: 50 } as const;
  const options = { start: [0.2], rate: 0.05, steps: 400 };
  const { report, state } = descend(line, { goals: { far: 1 }, constraints, constraint }, options);
  expect([...report.infeasible].sort()).toEqual(["above", "below"]);
  expect(state.constraints.multipliers["above"]!).toBeGreaterThan(10);
  expect(report.constraints["below"]!.value).toBeCloseTo(
    descend(line, { goals: { far: 1 }, constraints, constraint }, { ...options, steps: 399 }).loss["far"]!,
    12,
  );
});

describe("first (x − 1)², then (y − 2)² + (x + 1)²", () => {
  const problem: Problem = {
    first: ([x]) => [(x! - 1) * (x! - 1), [2 * (x! - 1), 0]],
    second: ([x, y]) => [(y! - 2) * (y! - 2) + (x! + 1) * (x! + 1), [2 * (x! + 1), 2 * (y! - 2)]],
  };
  const goals = { first: 1, second: 1 };
  const run = { start: [4, -3], rate: 0.05, steps: 3000 };

  test("ends at (1, 2), where equal weights end at (0, 2)", () => {
    const { x } = descend(problem, { goals, priorities: { first: 1, second: 2 } }, run);
    expect(x).toEqual([expect.closeTo(1, 6), expect.closeTo(2, 6)]);
    expect(descend(problem, { goals }, run).x).toEqual([expect.closeTo(0, 6), expect.closeTo(2, 6)]);
  });

  test("what may be spared is used up, and no more", () => {
    const priority = { tolerance: { absolute: 0.09, relative: 0.5 }, patience: 20 };
    const { x, loss } = descend(
      problem,
      { goals, priorities: { first: 1, second: 2 }, priority },
      { ...run, rate: 0.005, steps: 6000 },
    );
    expect(loss["first"]).toBeGreaterThan(0.06);
    expect(loss["first"]).toBeLessThan(0.12);
    expect(x[0]).toBeLessThan(0.8);
    expect(x[1]).toBeCloseTo(2, 3);
  });

  const reversed = { first: problem["second"]!, second: problem["first"]! };
  const priorities = { first: 1, second: 2 };

  test("the other way round it ends at (−1, 2), with long steps near it", () => {
    const off = [0.05, 0.025, 0.0125].map((rate) => {
      const [x, y] = descend(reversed, { goals, priorities }, { ...run, rate }).x;
      return Math.sqrt((x! + 1) * (x! + 1) + (y! - 2) * (y! - 2));
    });
    expect(off[0]!).toBeLessThan(0.15);
    expect(off.slice(1)).toEqual([expect.closeTo(0, 6), expect.closeTo(0, 6)]);
  });

  test("slow progress of the first is not taken for its end, however much it may spare", () => {
    const priority = { tolerance: { absolute: 0.09, relative: 0.5 }, patience: 20 };
    const { x, loss } = descend(reversed, { goals, priorities, priority }, { ...run, rate: 0.005, steps: 6000 });
    expect(loss["first"]).toBeGreaterThan(0.06); // it spares 0.09: |x + 1| ≤ 0.3
    expect(loss["first"]).toBeLessThan(0.12);
    expect(x[0]!).toBeGreaterThan(-0.78);
    expect(x[1]!).toBeCloseTo(2, 1);
  });
});
