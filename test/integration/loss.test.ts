/** `tributary loss` as a process of its own: every golden case through its stdin, and whatever else may come in. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { lossCommand } from "../../cli/loss.ts";
import { losses } from "../../shared/losses/catalogue.ts";
import type { TrialAnswer } from "../../shared/objectives/trial-answer.ts";
import { expectGolden, goldenCases, knownCases } from "../support/golden-losses.ts";
import { contextIn } from "../support/context.ts";
import { house, tributary } from "../support/tributary.ts";

type Line = TrialAnswer & { readonly error?: string };

async function ask(lines: readonly string[]): Promise<Line[]> {
  const { code, stdout, stderr } = await tributary(["loss", "--json"], { input: lines.join("\n") });
  expect([code, stderr]).toEqual([0, ""]);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}
const real = (data: readonly unknown[], shape: readonly number[] = [data.length]) => ({ dtype: "float", shape, data });
const good = JSON.stringify({ loss: "mae", inputs: { prediction: real([1, 2]), target: real([0, 0]) } });

describe("every golden case, one line in and one line out", () => {
  test.each(["float64", "float32"] as const)("in %s", async (precision) => {
    const requests = knownCases.map(({ loss, options, inputs }) =>
      JSON.stringify({ loss, options, inputs, precision }),
    );
    const answers = await ask(requests);
    expect(answers).toHaveLength(requests.length);
    for (const [i, golden] of knownCases.entries()) {
      expect(answers[i]!.error, golden.id).toBeUndefined();
      expectGolden(answers[i]!, golden, precision);
    }
  });

  test("and there is no golden loss that it does not know", () => {
    expect([...new Set(goldenCases.map(({ loss }) => loss))].filter((loss) => !(loss in losses))).toEqual([]);
  });
});

describe("a bad request is told what is wrong with it, and the next line is served", () => {
  const inputs = { prediction: real([1, 2]), target: real([0, 0]) };
  const logits = real([1, 2, 3, 0, 0, 0], [2, 3]);
  const labels = (...data: number[]) => ({ dtype: "int", shape: [data.length], data });
  test.each<readonly [what: string, request: unknown, error: RegExp]>([
    ["no JSON", "{loss", /^not JSON/],
    ["no object", [1], /expected an object/],
    ["a misspelt loss", { loss: "hubber", inputs }, /no loss "hubber": did you mean "huber"/],
    [
      "a misspelt option",
      { loss: "huber", options: { dleta: 1 }, inputs },
      /huber\.dleta: is not an option: did you mean "delta"/,
    ],
    [
      "an option out of bounds",
      { loss: "huber", options: { delta: -1 }, inputs },
      /huber\.delta: expected a number of more than 0, got -1/,
    ],
    ["a missing input", { loss: "mse", inputs: { target: real([0]) } }, /expected the input "prediction" as float/],
    ["one input too many", { loss: "mse", inputs: { ...inputs, extra: real([1]) } }, /"extra" is not an input of mse/],
    ["too few numbers", { loss: "mse", inputs: { ...inputs, target: real([1], [2]) } }, /expected 2 numbers .* got 1/],
    [
      "shapes that disagree",
      { loss: "mse", inputs: { ...inputs, target: real([1, 2, 3]) } },
      /to agree along batch, got 3 and 2/,
    ],
    ["a negative axis", { loss: "mse", inputs: { ...inputs, target: real([], [-1]) } }, /a shape of at most 8 axes/],
    [
      "a billion elements",
      { loss: "mse", inputs: { ...inputs, target: real([], [1e9]) } },
      /0 … 1000000, got \[1000000000\]/,
    ],
    [
      "weights for other rows",
      { loss: "mse", inputs: { ...inputs, weight: real([1]) } },
      /"weight" expected one number for each of 2/,
    ],
    [
      "a negative weight",
      { loss: "mse", inputs: { ...inputs, weight: real([1, -1]) } },
      /at least 0, got -1 at data\[1\]/,
    ],
    [
      "words for numbers",
      { loss: "mse", inputs: { ...inputs, target: real([0, "many"]) } },
      /a number at data\[1\], got "many"/,
    ],
    [
      "labels with fractions",
      { loss: "softmax-cross-entropy", inputs: { prediction: logits, target: real([0.5, 1]) } },
      /expected int \[batch\]/,
    ],
    [
      "a label outside the classes",
      { loss: "softmax-cross-entropy", inputs: { prediction: logits, target: labels(0, 3) } },
      /holds 3 at \[1\], expected a class in 0 … 2/,
    ],
    [
      "a distribution that sums to 2",
      { loss: "softmax-cross-entropy", inputs: { prediction: logits, target: real([1, 1, 0, 1, 0, 0], [2, 3]) } },
      /sum to 2 in the row \[0\]/,
    ],
    [
      "a weight too many",
      {
        loss: "softmax-cross-entropy",
        options: { classWeights: [1, 2, 3, 4] },
        inputs: { prediction: logits, target: labels(0, 1) },
      },
      /classWeights has 4 entries, expected one for each of 3 classes/,
    ],
    [
      "a class missing in a mask",
      {
        loss: "softmax-cross-entropy",
        options: { classMask: [true, false] },
        inputs: { prediction: logits, target: labels(0, 1) },
      },
      /classMask has 2 entries, expected one for each of 3 classes/,
    ],
    [
      "an answer that is certain",
      { loss: "orpo", inputs: { chosen: real([-1, 0]), rejected: real([-1, -2]) } },
      /"chosen" holds 0 at \[1\], expected a log-probability below 0/,
    ],
    [
      "a sign of 0",
      { loss: "hinge", inputs: { ...inputs, target: real([0, 1]) } },
      /holds 0 at \[0\], expected −1 or 1/,
    ],
    ["an unknown precision", { loss: "mse", inputs, precision: "f16" }, /precision .* got "f16"/],
    ["the name of something else", { loss: "__proto__", inputs }, /no loss "__proto__"/],
  ])("%s", async (_, request, error) => {
    const line = typeof request === "string" ? request : JSON.stringify(request);
    const [refused, served] = await ask([line, good]);
    expect(Object.keys(refused!)).toEqual(["error"]);
    expect(refused!.error).toMatch(error);
    expect(served).toMatchObject({ loss: "mae", status: "ok", num: 3, den: 2 });
  });

  test("all problems of a line at once", async () => {
    const [{ error } = { error: "" }] = await ask([
      JSON.stringify({ loss: "huber", options: { dleta: 1 }, inputs: { predictions: real([1]) }, precision: "f16" }),
    ]);
    for (const named of ["dleta", "predictions", '"prediction"', '"target"', "f16"]) expect(error).toContain(named);
  });

  test("empty lines are passed over; deep nesting and a line without end are survived", async () => {
    const deep = `{"loss":"mse","options":${"[".repeat(100_000)}${"]".repeat(100_000)},"inputs":{}}`;
    const answers = await ask(["", deep, "[".repeat(300_000), "   ", good, ""]);
    expect(answers.map(({ error }) => error === undefined)).toEqual([false, false, true]);
  });

  test("numbers that JSON cannot write are texts", async () => {
    const [answer] = await ask([
      JSON.stringify({ loss: "mae", inputs: { prediction: real(["NaN", "-Infinity"]), target: real([0, 0]) } }),
    ]);
    expect(answer).toMatchObject({ num: "NaN", value: "NaN", perUnit: { data: ["NaN", "Infinity"] } });
  });

  test("rows of weight 0 may hold anything", async () => {
    const target = { dtype: "int", shape: [2], data: [1, -7] };
    const [answer] = await ask([
      JSON.stringify({ loss: "softmax-cross-entropy", inputs: { prediction: logits, target, weight: real([1, 0]) } }),
    ]);
    expect(answer).toMatchObject({ status: "ok", count: 1, den: 1 });
  });
});

test("a reader that has seen enough ends it quietly", async () => {
  const child = spawn(process.execPath, [join(house, "dist/cli/main.js"), "loss", "--json"]);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.on("error", () => undefined); // it stops reading when nobody listens
  child.stdin.end(`${good}\n`.repeat(5000));
  await once(child.stdout, "data");
  child.stdout.destroy();
  await once(child, "close");
  expect([child.exitCode, stderr]).toEqual([0, ""]);
});

describe("losses from the shell", () => {
  const run = (...args: string[]) => tributary(["loss", ...args]);

  test("vectors as flags make a table", async () => {
    const vectors = ["--prediction", "1,2,-3", "--target", "0,0,0", "--weight", "1,1,2", "--delta", "2"];
    const { code, stdout } = await run("huber", ...vectors);
    expect(code).toBe(0);
    for (const words of ["−4.0000", "10.50", "2.6250", "weight", "delta 2"]) expect(stdout).toContain(words);
    const { stdout: json } = await run("huber", ...vectors, "--json");
    expect(JSON.parse(json)).toMatchObject({ num: 10.5, den: 4, grad: { prediction: { data: [1, 2, -4] } } });
  });

  test("a matrix is rows with ';' between, options may be in kebab case", async () => {
    const args = ["--prediction", "2,0,1;0,1,3", "--target", "0,2", "--label-smoothing=0.1", "--json"];
    expect(JSON.parse((await run("softmax-cross-entropy", ...args)).stdout)).toMatchObject({ den: 2, status: "ok" });
  });

  // A loss around another is tried by --json, where its inner loss's inputs are known.
  const around = ["cvar", "term", "geometric-mean", "bounded-group-loss"];
  const typable = Object.keys(losses).filter((name) => !around.includes(name));
  /** The arguments of the example that a page shows. */
  const exampleIn = (page: string): string[] => {
    const typed = /loss \S+ (--.*)$/m.exec(page);
    return [...typed![1]!.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!);
  };
  /** The command in this process, as main.ts calls it. */
  const here = async (...args: string[]): Promise<string> => {
    const context = contextIn(house);
    const noHelp = (): never => {
      throw new Error("Expected an answer, got the help of the command");
    };
    expect(await lossCommand(args, noHelp, context)).toBe(0);
    return context.printed();
  };

  test.each(typable)("%s has a page, and its example runs as it is printed", async (name) => {
    const answer = await here(name, ...exampleIn(await here(name, "--help")), "--json");
    expect((JSON.parse(answer) as TrialAnswer).status).toBe("ok");
  });

  test("a loss of many sums shows the first of them, and how many there are", async () => {
    const lines = (await here("cvar")).split("\n");
    expect(lines.find((line) => line.includes("weight"))).toMatch(/… \([\d,]+\)/);
    for (const line of lines) expect(line.length).toBeLessThan(160);
  });

  test.each(["huber", "softmax-cross-entropy", "dice", "cox", "proxy-nca"])(
    "%s: a process of its own prints the same page and the same answer",
    async (name) => {
      const page = await run(name, "--help");
      expect([page.code, page.stderr]).toEqual([0, ""]);
      const example = [name, ...exampleIn(page.stdout), "--json"];
      const { code, stdout, stderr } = await run(...example);
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toBe(await here(...example));
    },
  );

  test("a class is a whole number in the table, and what is no number is said to be none", async () => {
    const classes = await here("softmax-cross-entropy", "--prediction", "1,2;3,4", "--target", "0,1");
    expect(classes).toMatch(/^ *1 +3\.0000 4\.0000 +1 /m);
    expect(await here("mae", "--prediction", "NaN,2", "--target", "0,0")).toMatch(/^ *NaN +2\.0000 +NaN/m);
  });

  test("--list shows every loss, and --json what each takes", async () => {
    const { stdout } = await run("--list");
    for (const name of Object.keys(losses)) expect(stdout).toContain(name);
    const lines = (await run("--list", "--json")).stdout.trim().split("\n");
    const listed = lines.map((line) => JSON.parse(line) as { name: string });
    expect(listed.map(({ name }) => name)).toEqual(Object.keys(losses));
    expect(listed.find(({ name }) => name === "huber")).toMatchObject({
      family: "regression",
      kind: "additive",
      unit: "element",
      inputs: { prediction: { from: "model", optional: false }, target: { from: "data" } },
      options: { delta: { default: 1, anyOf: [{ type: "number", exclusiveMinimum: 0 }, { const: "auto" }] } },
    });
  });

  test("a name that is nearly right gets a hint", async () => {
    const { code, stderr } = await run("hubber", "--prediction", "1");
    expect(code).toBe(2);
    expect(stderr).toContain("did you mean huber?");
  });
});
