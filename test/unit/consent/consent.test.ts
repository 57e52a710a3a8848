import { describe, expect, test } from "vitest";
import { objectionsNow, objectionsTo, type Proposal } from "../../../client/consent/consent.ts";
import { decodePolicy } from "../../../client/consent/policy.ts";
import { compileExperiment } from "../../../shared/experiment/compile.ts";
import { costOf } from "../../../shared/graph/cost.ts";
import { Random } from "../../../shared/random.ts";
import { dealt, drawRows, scene } from "../../support/scene.ts";

const policy = (text: string) => decodePolicy("consent.yaml", `consent: 1\n${text}`);
const { programs } = compileExperiment(scene(dealt(drawRows(8, Random.seeded(1)), 2)), Random.seeded(1));
const proposal: Proposal = {
  assignment: {
    precision: "float64",
    work: programs.train,
    evaluation: programs.evaluate,
    counting: programs.evaluate,
  },
  leastCohort: 3,
};

describe("a consent policy", () => {
  test("that restricts nothing agrees to everything", () => {
    expect(objectionsTo(proposal, policy(""))).toEqual([]);
    expect(objectionsNow(policy(""), new Date())).toEqual([]);
  });

  test("refuses operations it denies, and those that are not among the ones it allows", () => {
    const denied = objectionsTo(proposal, policy("operations: { deny: [matmul] }"));
    expect(denied).toContain("the work program uses matmul (operations)");
    const [first] = objectionsTo(proposal, policy("operations: { allow: [input] }"));
    expect(first).toMatch(/^the work program uses .*matmul/);
    const all = [
      ...new Set([programs.train, programs.evaluate].flatMap(({ nodes }) => nodes.map(({ operation }) => operation))),
    ];
    expect(objectionsTo(proposal, policy(`operations: { allow: [${all.join(", ")}] }`))).toEqual([]);
  });

  test("refuses what costs more than it gives, and not what costs exactly as much", () => {
    const { flops, memoryBytes } = costOf(programs.train, "float64");
    const exactly = `cost: { gigaflopsPerBatch: ${flops / 1e9}, memoryMegabytes: ${memoryBytes / 1e6} }`;
    expect(objectionsTo(proposal, policy(exactly))).toEqual([]);
    const less = `cost: { gigaflopsPerBatch: ${(flops - 1) / 1e9}, memoryMegabytes: ${(memoryBytes - 1) / 1e6} }`;
    expect(objectionsTo(proposal, policy(less))).toEqual([
      `a batch of the work program takes ${flops / 1e9} gigaflops: expected at most ${(flops - 1) / 1e9} (cost.gigaflopsPerBatch)`,
      `the work program takes ${memoryBytes / 1e6} MB: expected at most ${(memoryBytes - 1) / 1e6} (cost.memoryMegabytes)`,
    ]);
  });

  test("with pinned programs runs those and no other", () => {
    expect(objectionsTo(proposal, policy(`programs: ["${programs.train.hash}", "${programs.evaluate.hash}"]`))).toEqual(
      [],
    );
    expect(objectionsTo(proposal, policy(`programs: ["${programs.train.hash}"]`))[0]).toContain(
      "is not among those that are allowed",
    );
  });

  test("refuses a cohort that is too small, and an ε that is too large or not there", () => {
    expect(objectionsTo(proposal, policy("leastCohort: 3"))).toEqual([]);
    expect(objectionsTo(proposal, policy("leastCohort: 4"))[0]).toBe(
      "updates of 3 clients may be seen by themselves: expected at least 4 (leastCohort)",
    );
    expect(objectionsTo({ ...proposal, epsilon: 8 }, policy("mostEpsilon: 8"))).toEqual([]);
    expect(objectionsTo({ ...proposal, epsilon: 8.1 }, policy("mostEpsilon: 8"))[0]).toContain(
      "ε is 8.1: expected at most 8",
    );
    expect(objectionsTo(proposal, policy("mostEpsilon: 8"))[0]).toContain("no ε bounds what the model tells");
    const own = policy("mostEpsilon: 8\nnoise: own");
    expect(objectionsTo({ ...proposal, epsilon: 8, ownNoise: true }, own)).toEqual([]);
    expect(objectionsTo({ ...proposal, epsilon: 8 }, own)).toEqual([
      "updates would leave this client without noise of its own: expected privacy.mechanism local or dp-sgd (noise)",
    ]);
  });

  test("keeps its quiet hours, over midnight too, on the days on which they begin", () => {
    const at = (time: string): Date => new Date(`2026-11-25T${time}:00`); // a Wednesday
    const quiet = (text: string, time: string): boolean =>
      objectionsNow(policy(`quietHours: [${text}]`), at(time)).length > 0;
    const day = '{ from: "08:00", until: "18:00" }';
    expect(["07:59", "08:00", "17:59", "18:00"].map((time) => quiet(day, time))).toEqual([false, true, true, false]);
    const night = '{ from: "22:00", until: "06:00", days: [tue] }';
    expect(["05:59", "06:00", "22:00"].map((time) => quiet(night, time))).toEqual([true, false, false]);
  });

  test("that is wrong is refused with every line and column", () => {
    const text = "consent: 1\nleastCohort: none\noperations: { deny: [matmull] }\nquiethours: []\nprograms: [abc]\n";
    expect(() => decodePolicy("consent.yaml", text)).toThrow(
      [
        'consent.yaml:2:14 leastCohort: expected a number, got "none"',
        'consent.yaml:3:22 operations.deny.0: is no operation: did you mean "matmul"?',
      ].join("\n"),
    );
    expect(() => decodePolicy("consent.yaml", text)).toThrow(
      /consent\.yaml:4:1 quiethours: is not a known key: .*quietHours/,
    );
    expect(() => decodePolicy("consent.yaml", text)).toThrow(
      'consent.yaml:5:12 programs.0: expected "sha256:" and 64 hexadecimal digits',
    );
  });
});
