/** Differential privacy as it is declared: what it costs, and what cannot be right together with it. */
import { describe, expect, test } from "vitest";
import { Account, releasesWithin } from "../../../shared/privacy/accountant.ts";
import { gaussianEpsilon } from "../../../shared/privacy/analytic-gaussian.ts";
import { holderOf, mechanismOf, scopeOf, spentAfter } from "../../../shared/privacy/privacy.ts";
import { example } from "../../support/network.ts";

const base = [
  "federation.clip={perClient: 1}",
  "data.standardize=per-client",
  "privacy={noiseMultiplier: 1, delta: 1e-5, expectedClients: 4}",
];
const declared = (...more: string[]) => example("heart-disease.yaml", ...base, ...more);

/** What an experiment is refused for, a line for each problem. */
function refusals(...more: string[]): string[] {
  try {
    declared(...more);
    return [];
  } catch (error) {
    return (error as Error).message.split("\n");
  }
}

describe("the cost", () => {
  test("of rounds in which everybody is asked is that of so many Gaussian releases, exactly: z = 5, 100 rounds, δ = 1e-5 → 9.9974, where RDP says 10.7255", () => {
    const experiment = declared("privacy.noiseMultiplier=5");
    expect(spentAfter(100, experiment)?.epsilon).toBeCloseTo(gaussianEpsilon(5, 100, 1e-5), 3);
    expect(spentAfter(100, experiment)?.epsilon).toBeCloseTo(9.9974, 3);
    expect(spentAfter(0, experiment)).toEqual({ epsilon: 0, delta: 1e-5, accountant: "analytic-gaussian" });
    expect(spentAfter(100, example("heart-disease.yaml"))).toBeUndefined();
  });

  test("doubles the reach of a client where a fixed number is drawn, as if the noise were half", () => {
    const half = spentAfter(10, declared("privacy.noiseMultiplier=2.5"));
    const drawn = spentAfter(10, declared("privacy.noiseMultiplier=5", "federation.clients.select={count: 2}"));
    expect(drawn?.epsilon).toBeCloseTo(half!.epsilon, 12);
  });

  test("is amplified where each client is drawn by itself, at a rate that is declared: with q = 0.1 a tenth and less of what it is without", () => {
    const all = spentAfter(10, declared())!;
    const drawn = declared("federation.clients.select={fraction: 0.1}", "federation.clients.draw={kind: poisson}");
    const spent = spentAfter(10, drawn)!;
    expect(mechanismOf(drawn)).toEqual({ sigma: 1 / 1.00001, q: 0.1 });
    expect(spent.accountant).toBe("pld");
    expect(spent.epsilon).toBeLessThan(all.epsilon / 5);
    expect(scopeOf(drawn)).toEqual({
      unit: "client",
      where: "coordinator",
      adjacency: "add-or-remove-one",
      samplingRate: 0.1,
    });
    expect(scopeOf(declared("federation.clients.select={fraction: 0.5}")).samplingRate).toBe(1); // so many of them: none
  });

  test("of one's own noise is that of a client in another's place, as if the noise were half; of noisy steps, of so many at B/n", () => {
    const declaredAt = (...more: string[]) => declared("evaluation.parts=[test]", ...more);
    const local = declaredAt("privacy={mechanism: local, noiseMultiplier: 4, delta: 1e-5}");
    expect(spentAfter(3, local)?.epsilon).toBeCloseTo(gaussianEpsilon(2, 3, 1e-5), 3);
    expect(scopeOf(local)).toEqual({ unit: "client", where: "client", adjacency: "replace-one", samplingRate: 1 });
    const steps = declaredAt(
      "privacy={mechanism: dp-sgd, noiseMultiplier: 2, delta: 1e-5}",
      "federation.clip={perExample: 1}",
      "data.standardize=none",
      "federation.local={optimizer: {kind: sgd, learningRate: 0.05}, steps: 10, batchSize: 16}",
    );
    expect(mechanismOf(steps, { rows: 320 })?.q).toBe(0.05);
    expect(mechanismOf(steps, { rows: 10 })?.q).toBe(1); // a batch of all
    const account = new Account({ sigma: 2 / 1.00001, q: 0.05 }, { releases: 600, delta: 1e-5 });
    expect(spentAfter(3, steps, { rows: 320 })?.epsilon).toBeCloseTo(account.costOf(30).epsilon, 3);
    expect(spentAfter(3, steps, holderOf([900, 320, 0]))).toEqual(spentAfter(3, steps, { rows: 320 }));
    expect(() => spentAfter(3, steps)).toThrow("expected the number of a client's training rows, got none");
    expect(scopeOf(steps, { rows: 320 })).toMatchObject({ unit: "example", where: "client", samplingRate: 0.05 });
  });

  test("fits a budget for so many rounds and not for one more", () => {
    const experiment = declared("privacy.noiseMultiplier=5");
    const rounds = releasesWithin(8, mechanismOf(experiment)!, 1e-5);
    expect(spentAfter(rounds, experiment)!.epsilon).toBeLessThanOrEqual(8);
    expect(spentAfter(rounds + 1, experiment)!.epsilon).toBeGreaterThan(8);
  });
});

describe("an experiment is refused", () => {
  test("whose rounds cost more than its budget, with how many it has", () => {
    expect(refusals("privacy.mostEpsilon=8", "federation.rounds=3")).toEqual([
      expect.stringMatching(/federation\.rounds: are 3, which cost ε = [\d.]+, and privacy\.mostEpsilon is 8: that is spent after 2; give it fewer rounds, or more noise$/), // prettier-ignore
    ]);
    expect(refusals("privacy.mostEpsilon=8", "federation.rounds=2")).toEqual([]);
  });

  const wrong: [string, RegExp, ...string[]][] = [
    ["without a bound of a client's change", /clip: needs perClient/, "federation.clip={}"],
    ["with a robust rule", /aggregation\.rule: must be mean/, "federation.aggregation={rule: median}"],
    ["with a rule of one's own", /aggregation\.rule: must be mean/, "federation.aggregation={rule: module, path: mine.mjs}"], // prettier-ignore
    ["with a weighting of one's own", /weighting: must be fixed/, "weighting={method: module, path: mine.mjs}"],
    ["with a strategy of one's own", /strategy: must be one of the catalogue/, "federation.strategy={path: mine.mjs}"],
    ["with several models", /clustering: must be none/, "federation.clustering={kind: ifca}"],
    ["with shares by losses", /shares: must be left out/, "federation.shares={kind: q-fair}"],
    ["with a draw by size", /clients\.draw: must be uniform.*by-size/, "federation.clients.select={count: 2}", "federation.clients.draw={kind: by-size}"], // prettier-ignore
    ["with secure sums", /secureSums: must be left out: rounding to levels/, "federation.secureSums={clip: 1, inTheClear: [evaluations, statistics]}"], // prettier-ignore
    ["with a count that is too quiet", /privacy\.adaptiveClip: counts with the noise 0\.2, which must be more than half of noiseMultiplier: set countNoise to a number above 0\.5/, "privacy.adaptiveClip={}"], // prettier-ignore
    ["with turns that are known", /clients\.draw: must be uniform.*round-robin/, "federation.clients.select={count: 2}", "federation.clients.draw={kind: round-robin}"], // prettier-ignore
    ["with a poisson draw of so many", /select: must be a fraction under a poisson draw/, "federation.clients.select={count: 2}", "federation.clients.draw={kind: poisson}"], // prettier-ignore
    ["with a poisson draw and a quorum", /quorum: must be all under a poisson draw/, "federation.clients.select={fraction: 0.5}", "federation.clients.draw={kind: poisson}", "federation.clients.quorum=1"], // prettier-ignore
    ["with a poisson draw and its own divisor", /divisor: must be left out/, "federation.clients.select={fraction: 0.5}", "federation.clients.draw={kind: poisson, divisor: expected}"], // prettier-ignore
    ["in half precision", /transport: must be left out/, "federation.transport=bfloat16"],
    ["with scaffold", /local\.drift: is scaffold/, "federation.local.drift={kind: scaffold}"],
    ["that weighs objectives by losses", /weighting: must be fixed/, "weighting={method: mgda}"],
    ["standardized by everybody's rows", /data\.standardize: must be none or per-client/, "data.standardize=global"],
    ["stopped by exact losses", /stop\.watch: must be left out/, "stop={watch: disease/test/loss, patience: 2}"],
    ["calibrated on exact losses", /evaluation\.calibrate: must be left out/, "evaluation.calibrate={disease: test}"],
    ["with a proximal regularizer", /regularizers\.0: is l1/, "regularizers=[{kind: l1, lambda: 0.1}]"],
    ["that waits for nobody", /asynchrony: must be none/, "federation.asynchrony={kind: buffered, size: 2}"],
    [
      "with a strategy of one's own",
      /strategy: must be one of the catalogue/,
      "federation.strategy={path: ./mine.mjs}",
    ],
    ["that asks more than it needs", /clients: must be drawn from among all/, "federation.clients.select={count: 2}", "federation.clients.overSelection=1.5"], // prettier-ignore
    ["that others may join later", /clients\.joining: must be closed/, "federation.clients.joining=open"],
    ["that leaves broken updates out", /nonFinite: must be fail/, "federation.nonFinite=reject"],
  ];
  test.each(wrong)("%s", (_, says, ...overrides) => {
    const lines = refusals(...overrides);
    expect(lines.filter((line) => line.includes("(privacy)"))).toEqual([expect.stringMatching(says)]);
  });

  const own = ["evaluation.parts=[test]", "privacy={mechanism: local, noiseMultiplier: 1, delta: 1e-5}"];
  const perRow = [
    "privacy.mechanism=dp-sgd",
    "federation.clip={perExample: 1}",
    "data.standardize=none",
    "federation.local={optimizer: {kind: sgd, learningRate: 0.05}, steps: 5, batchSize: 16}",
  ];

  test.each<[string, RegExp, ...string[]]>([
    ["that evaluates on training rows", /evaluation\.parts: must be \[test\]/, "evaluation.parts=[train]"],
    ["with a draw by losses", /clients\.draw: must be uniform, poisson or round-robin/, "federation.clients.select={count: 2}", "federation.clients.draw={kind: power-of-choice, candidates: 3}"], // prettier-ignore
    ["without a bound of a client's change", /clip: needs perClient/, "federation.clip={}"],
    ["standardized by everybody's rows", /data\.standardize: must be none or per-client/, "data.standardize=global"],
    ["under dp-sgd without a bound of a row's slope", /clip: needs perExample/, ...perRow, "federation.clip={}"],
    ["under dp-sgd in epochs", /local\.epochs: must be local\.steps/, ...perRow, "federation.local={optimizer: {kind: sgd, learningRate: 0.05}, epochs: 1, batchSize: 16}"], // prettier-ignore
    ["under dp-sgd standardized by its own rows", /data\.standardize: must be none/, ...perRow, "data.standardize=per-client"], // prettier-ignore
    ["under dp-sgd with means for what is missing", /data\.missing\.features: must not be mean/, ...perRow, "data.missing.features=mean"], // prettier-ignore
    ["under dp-sgd that goes on where it stopped", /local: draws the rows of each step by themselves/, ...perRow, "federation.local.continueAcrossRounds=true"], // prettier-ignore
  ])("private at its clients, %s", (_, says, ...overrides) => {
    const lines = refusals(...own, ...overrides);
    expect(lines.filter((line) => line.includes("(privacy)"))).toEqual([expect.stringMatching(says)]);
  });

  test("whose mechanism has no use for what is given, or lacks it", () => {
    expect(refusals(...own, "privacy.expectedClients=4")).toEqual([expect.stringMatching(/expectedClients: is for the mechanism central/)]); // prettier-ignore
    expect(refusals(...own, "privacy.adaptiveClip={}")).toEqual([expect.stringMatching(/adaptiveClip: is for the mechanism central/)]); // prettier-ignore
    expect(refusals("privacy={noiseMultiplier: 1, delta: 1e-5}")).toEqual([expect.stringMatching(/expectedClients: is missing: what the noisy sum is divided by/)]); // prettier-ignore
  });

  test("not, where each client keeps to itself, for what it makes of noised updates: a median, half precision, another aggregation", () => {
    expect(refusals(...own)).toEqual([]);
    expect(refusals(...own, "federation.aggregation={rule: median}", "federation.transport=bfloat16")).toEqual([]);
    expect(refusals(...own, ...perRow)).toEqual([]);
  });

  test("for everything that is wrong at once", () => {
    const lines = refusals("federation.nonFinite=reject", "data.standardize=global", "federation.clip={}");
    expect(lines.filter((line) => line.includes("(privacy)"))).toHaveLength(3);
  });
});
