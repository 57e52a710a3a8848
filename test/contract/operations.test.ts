/** What every row of the table owes: a derivative, a derivative of that, and refusals that name what was wrong. */
import { describe, expect, test } from "vitest";
import { TributaryError } from "../../shared/errors.ts";
import { input, multiply, sumAll } from "../../shared/graph/build.ts";
import { gradients } from "../../shared/graph/gradient.ts";
import type { Node } from "../../shared/graph/graph.ts";
import type { OperationName } from "../../shared/graph/operations.ts";
import { node, operations } from "../../shared/graph/operations.ts";
import { defineProgram } from "../../shared/graph/define-program.ts";
import { createReferenceEngine } from "../../shared/kernels/reference.ts";
import { sizeOf } from "../../shared/tensor/shape.ts";
import type { Draw, Size } from "../support/draw.ts";
import { drawOf, seed } from "../support/draw.ts";
import { differences, distance } from "../support/finite-differences.ts";
import type { OperationCase } from "../support/operation-cases.ts";
import { caseOf, feed, nodesOf } from "../support/operation-cases.ts";
import { misfits } from "../support/operation-misfits.ts";

const names = Object.keys(operations) as OperationName[];
const sizes: readonly Size[] = ["empty", "one", "odd", "odd", "odd"];
const drawnCases = (name: OperationName): [OperationCase, Draw][] =>
  sizes.map((size, i) => {
    const draw = drawOf(seed + 7919 * i, size);
    return [caseOf(name, draw), draw];
  });

/** Rows through which no second derivative is asked, and why. */
const withoutSecond: Partial<Record<OperationName, string>> = {
  stopGradient: "nothing flows back",
  digamma: "its second derivative is ψ″, where the table ends",
  trigamma: "its derivative is ψ″, where the table ends",
};
const withoutFirst: Partial<Record<OperationName, string>> = {
  stopGradient: "is not what differences see: nothing flows back, by intent",
  trigamma: "the table ends here",
};

/**
 * As one program: "value" = Σ y·c with random c, "slope/…" = its gradient in every real input, "turn" = Σ slope·d with
 * random d, and "turn/…" = the gradient of that in every real input and in c.
 */
function differentiated(one: OperationCase, draw: Draw, second: boolean) {
  const { inputs, y } = nodesOf(one);
  const reals = inputs.filter((each) => each.dtype === "real");
  const seeds = input("c", y.shape);
  const value = sumAll(multiply(y, seeds));
  const slopes = gradients([y], [seeds], reals);
  const outputs: Record<string, Node> = { value };
  slopes.forEach((slope, i) => (outputs[`slope/${String(reals[i]!.attributes["name"])}`] = slope));
  const directions = reals.map((each, i) => input(`d${i}`, each.shape));
  const wrt = [...reals, seeds];
  if (second) {
    outputs["turn"] = slopes
      .map((slope, i) => sumAll(multiply(slope, directions[i]!)))
      .reduce((a, b) => node("add", [a, b]));
    const turns = gradients(slopes, directions, wrt);
    turns.forEach((turn, i) => (outputs[`turn/${String(wrt[i]!.attributes["name"])}`] = turn));
  }
  const extra = [seeds, ...directions];
  const program = defineProgram({
    inputs: [...inputs, ...extra].map(({ attributes, shape, dtype }) => ({
      name: String(attributes["name"]),
      role: "batch",
      shape,
      dtype,
    })),
    outputs,
  });
  const engine = feed(createReferenceEngine(program), one);
  for (const { attributes, shape } of extra)
    engine.input(String(attributes["name"])).set(draw.spread(sizeOf(shape), 0.5, 1.5));
  return { engine, reals, wrt };
}

const nameOf = ({ attributes }: Node): string => String(attributes["name"]);

describe(`every operation (SEED=${seed})`, () => {
  const differentiable = names.filter(
    (name) => operations[name].inputs === "same" || operations[name].inputs.some((dtype) => dtype !== "index"),
  );
  const smooth = differentiable.filter((name) => caseYieldsReal(name));

  test.each(smooth.filter((name) => withoutFirst[name] === undefined))(
    "%s: its vjp equals central differences",
    (name) => {
      for (const [one, draw] of drawnCases(name)) {
        const { engine, reals } = differentiated(one, draw, false);
        for (const each of reals) {
          if (name === "select" && nameOf(each) === "0") continue; // a mask is switched, not moved
          engine.run();
          const slope = Array.from(engine.output(`slope/${nameOf(each)}`));
          expect(distance(slope, differences(engine, "value", nameOf(each)))).toBeLessThan(1e-6);
        }
      }
    },
  );

  test.each(smooth.filter((name) => withoutSecond[name] === undefined))(
    "%s: the vjp of its vjp equals central differences",
    (name) => {
      for (const [one, draw] of drawnCases(name)) {
        const { engine, wrt } = differentiated(one, draw, true);
        for (const each of wrt) {
          if (name === "select" && nameOf(each) === "0") continue;
          engine.run();
          const turn = Array.from(engine.output(`turn/${nameOf(each)}`));
          expect(distance(turn, differences(engine, "turn", nameOf(each)))).toBeLessThan(1e-6);
        }
      }
    },
  );

  test.each(names)(
    "%s: refuses a wrong number of inputs, a wrong dtype, and attributes it does not know or misses",
    (name) => {
      const { inputs, attributes } = caseOf(name, drawOf(seed, "odd"));
      const nodes = inputs.map(({ shape, dtype }, i) => input(String(i), shape, dtype));
      const row = operations[name];
      if (row.inputs === "same")
        expect(() => node(name, [], attributes)).toThrow(`${name}: Expected at least one input`);
      else
        expect(() => node(name, [...nodes, ...nodes, input("more", [])], attributes)).toThrow(
          `${name}: Expected ${row.inputs.length} inputs`,
        );
      nodes.forEach((each, i) => {
        if (row.inputs === "same" ? nodes.length < 2 : row.inputs[i] === "any") return;
        const other = input("other", each.shape, each.dtype === "real" ? "index" : "real");
        expect(() => node(name, nodes.with(i, other), attributes)).toThrow(
          new RegExp(`${name}: Expected input \\d to be`),
        );
      });
      expect(() => node(name, nodes, { ...attributes, surprise: 1 })).toThrow(`${name}: Unknown attribute "surprise"`);
      for (const key of Object.keys(attributes)) {
        const { [key]: _, ...rest } = attributes;
        expect(() => node(name, nodes, rest)).toThrow(`${name}: Expected ${key} to be`);
      }
    },
  );

  test.each(names)("%s: its shape rule refuses what does not fit, and says so", (name) => {
    for (const { inputs, attributes, says } of misfits[name]) {
      const build = (): Node =>
        node(
          name,
          inputs.map((shape, i) => input(String(i), shape, dtypeOf(name, i))),
          attributes ?? {},
        );
      expect(build).toThrow(TributaryError);
      expect(build).toThrow(new RegExp(`^${name}: .*${says}`));
    }
  });
});

const dtypeOf = (name: OperationName, i: number): "real" | "index" => {
  const { inputs } = operations[name];
  return inputs !== "same" && inputs[i] === "index" ? "index" : "real";
};

function caseYieldsReal(name: OperationName): boolean {
  return nodesOf(caseOf(name, drawOf(1, "odd"))).y.dtype === "real";
}

test("an unknown operation is refused with the names that are known", () => {
  expect(() => node("eval", [])).toThrow(/Unknown operation "eval": expected one of input, constant, reshape/);
  expect(() => node("toString", [])).toThrow(/Unknown operation "toString"/);
});
