/** `tributary privacy`: numbers from flags, lines of JSON, and experiments. */
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { collectOverride } from "../../../cli/options.ts";
import { privacyCommand, type PrivacyFlags } from "../../../cli/privacy.ts";
import { answerPrivacy } from "../../../shared/privacy/privacy-request.ts";
import type { Override } from "../../../shared/experiment/override.ts";
import { cellsOf, contextIn } from "../../support/context.ts";

const examples = join(import.meta.dirname, "../../../examples");
const asked = async (flags: Partial<PrivacyFlags>, file?: string): Promise<string> => {
  const context = contextIn(examples);
  const help = (): void => {
    context.stdout.write("help");
  };
  const code = await privacyCommand(file, { set: [], ...flags }, help, context);
  expect(code).toBe(context.printed() === "help" ? 2 : 0);
  return context.printed();
};
const overrides = [
  "federation.clip={perClient: 1}",
  "data.standardize=per-client",
  "privacy={noiseMultiplier: 5, delta: 1e-5, expectedClients: 4}",
  "federation.rounds=100",
].reduce<readonly Override[]>((before, text) => collectOverride(text, before), []);

test("flags are a question: the answer with what it rests on, and whom it hides", async () => {
  const lines = cellsOf(await asked({ noise: 1, rate: 0.01, rounds: 1000, delta: 1e-5, unit: "example" }));
  expect(lines.slice(1, 6)).toEqual(["noise multiplier | 1", "rounds | 1000", "ε | 1.82829", "δ | 1e-5", "sampling rate | 0.01"]); // prettier-ignore
  expect(lines[6]).toBe("ε by pld, the smallest of analytic-gaussian 633.9, rdp 2.1014, pld 1.8283");
  expect(lines[7]).toBe("hides one example: neighbours are data sets that differ by one more or less");
  const json = JSON.parse(await asked({ epsilon: 1, rounds: 1, delta: 1e-5, json: true })) as object;
  expect(json).toMatchObject({ asked: "noiseMultiplier", noiseMultiplier: 3.730631634815941, accountant: "analytic-gaussian" }); // prettier-ignore
});

test("without a question there is help; a question without a meaning is refused", async () => {
  expect(await asked({})).toBe("help");
  await expect(asked({ noise: 1, rounds: 2.5 })).rejects.toThrow("privacy.rounds: expected a whole number, got 2.5");
  await expect(asked({ set: overrides })).rejects.toThrow("--set: expected an experiment to change, got none"); // prettier-ignore
});

test("an experiment says what it costs, and what of it a budget buys", async () => {
  const told = await asked({ set: overrides, epsilon: 8 }, "heart-disease.yaml");
  expect(cellsOf(told)).toEqual([
    expect.stringMatching(/: 100 rounds with the noise multiplier 5 hide one client, by noise of the coordinator$/),
    "by ε = 9.99738 at δ = 1e-5 (analytic-gaussian; without amplification by sampling; one more or less)",
    "ε = 8 is enough for 69 rounds; 100 rounds need the noise multiplier 6.0024",
    "",
  ]);
  const json = JSON.parse(await asked({ set: overrides, json: true }, "heart-disease.yaml")) as object;
  expect(json).toMatchObject({ rounds: 100, unit: "client", adjacency: "add-or-remove-one", samplingRate: 1 });
  await expect(asked({}, "heart-disease.yaml")).rejects.toThrow("heart-disease.yaml: declares no privacy: expected a section privacy, got none"); // prettier-ignore
  await expect(asked({ set: overrides, noise: 2 }, "heart-disease.yaml")).rejects.toThrow("--noise: the experiment says so itself; change it with --set privacy.…"); // prettier-ignore
});

test("under dp-sgd it goes by the rows of a client, and its local steps", async () => {
  const set = [
    "data.standardize=none",
    "federation.clip={perExample: 1}",
    "federation.local={optimizer: {kind: sgd, learningRate: 0.05}, steps: 10, batchSize: 16}",
    "evaluation.parts=[test]",
    "privacy={mechanism: dp-sgd, noiseMultiplier: 2, delta: 1e-5}",
  ].reduce<readonly Override[]>((before, text) => collectOverride(text, before), []);
  const told = JSON.parse(await asked({ set, rows: 320, json: true }, "heart-disease.yaml")) as object;
  const plain = answerPrivacy({ noiseMultiplier: 2, samplingRate: 0.05, rounds: 600, delta: 1e-5 });
  expect(told).toMatchObject({ unit: "example", where: "client", samplingRate: 0.05, rounds: 60, accountant: "pld" });
  expect((told as { epsilon: number }).epsilon).toBeCloseTo(plain.epsilon, 3);
  await expect(asked({ set }, "heart-disease.yaml")).rejects.toThrow("--rows: expected how many rows the client trains on that has the fewest"); // prettier-ignore
});

test("lines of JSON are answered one by one", async () => {
  const context = contextIn(examples);
  const requests = ['{"noiseMultiplier":1,"rounds":1,"epsilon":1}', '{"noise":1}'];
  const code = await privacyCommand(undefined, { set: [], json: true }, () => undefined, {
    ...context,
    stdin: Readable.from([requests.join("\n")]),
  });
  expect(code).toBe(0);
  const [answer, refusal] = context.printed().split("\n");
  expect(JSON.parse(answer!)).toMatchObject({ asked: "delta", delta: expect.closeTo(0.126936737507, 10) as number });
  expect(JSON.parse(refusal!)).toEqual({ error: 'privacy.noise: is not an option: did you mean "noiseMultiplier"?' });
});
