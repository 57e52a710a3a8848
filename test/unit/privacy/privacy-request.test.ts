/** What `tributary privacy` asks and answers. */
import { describe, expect, test } from "vitest";
import { TributaryError } from "../../../shared/errors.ts";
import { gaussianEpsilon } from "../../../shared/privacy/analytic-gaussian.ts";
import { answerPrivacy } from "../../../shared/privacy/privacy-request.ts";

const whole = { noiseMultiplier: 5, rounds: 100, epsilon: 10, delta: 1e-5 };
const asking = (asked: keyof typeof whole, more: object = {}): Record<string, unknown> =>
  Object.fromEntries(Object.entries({ ...whole, ...more }).filter(([name]) => name !== asked));

describe("of noise, rounds, ε and δ", () => {
  test("the one that is left out is answered, on the safe side, with the accountant and whom it hides", () => {
    expect(answerPrivacy(asking("epsilon"))).toEqual({
      asked: "epsilon",
      noiseMultiplier: 5,
      rounds: 100,
      epsilon: gaussianEpsilon(5, 100, 1e-5),
      delta: 1e-5,
      samplingRate: 1,
      mechanism: "gaussian",
      adjacency: "add-or-remove-one",
      unit: "client",
      accountant: "analytic-gaussian",
      accountants: {
        "analytic-gaussian": gaussianEpsilon(5, 100, 1e-5),
        rdp: expect.closeTo(10.7255096964, 8) as number,
      },
    });
    const noise = answerPrivacy(asking("noiseMultiplier"));
    expect(noise.epsilon).toBeLessThanOrEqual(10);
    expect(noise.noiseMultiplier).toBeCloseTo(4.9989, 3);
    expect(answerPrivacy(asking("rounds", { epsilon: 10.05 })).rounds).toBe(100);
    const delta = answerPrivacy(asking("delta"));
    expect(delta.epsilon).toBe(10);
    expect(gaussianEpsilon(5, 100, delta.delta)).toBeCloseTo(10, 6);
  });

  test("with sampling every answer agrees with every other", () => {
    const sampled = { noiseMultiplier: 1, samplingRate: 0.05, rounds: 50, delta: 1e-5 };
    const { epsilon, accountant, accountants } = answerPrivacy(sampled);
    expect([accountant, Object.keys(accountants).sort()]).toEqual(["pld", ["analytic-gaussian", "pld", "rdp"]]);
    const { delta } = answerPrivacy({ ...sampled, delta: undefined, epsilon });
    expect(delta).toBeLessThan(1.001e-5);
    expect(delta).toBeGreaterThan(0.999e-5);
    const { rounds } = answerPrivacy({ ...sampled, rounds: undefined, epsilon: epsilon + 1e-4 });
    expect([50, 51]).toContain(rounds);
    const { noiseMultiplier } = answerPrivacy({ ...sampled, noiseMultiplier: undefined, epsilon });
    expect(noiseMultiplier).toBeCloseTo(1, 3);
  });

  test("replaced for another, a unit counts twice; in a tree, rounds count by their levels", () => {
    const replaced = answerPrivacy(asking("epsilon", { noiseMultiplier: 10, adjacency: "replace-one" }));
    expect(replaced.epsilon).toBe(gaussianEpsilon(5, 100, 1e-5));
    const tree = { mechanism: "tree", noiseMultiplier: 1.13, delta: 1e-6 };
    const cost = answerPrivacy({ ...tree, rounds: 1600 }).epsilon;
    expect(cost).toBe(gaussianEpsilon(1.13, 11, 1e-6));
    expect(answerPrivacy({ ...tree, epsilon: cost }).rounds).toBe(2047);
  });
});

test.each([
  [{ ...whole, rounds: undefined, delta: undefined }, "privacy.request: expected three of noiseMultiplier, rounds, epsilon, delta, the fourth is the answer; got nothing for rounds, delta"], // prettier-ignore
  [whole, "privacy.request: expected three of noiseMultiplier, rounds, epsilon, delta, the fourth is the answer; got all four: leave out what is asked"], // prettier-ignore
  [asking("epsilon", { samplingRate: 0.1, adjacency: "replace-one" }), "privacy.adjacency: replace-one is accounted without sampling only: ask for add-or-remove-one, or leave out samplingRate"], // prettier-ignore
  [asking("epsilon", { samplingRate: 0.1, mechanism: "tree" }), "privacy.samplingRate: a tree needs none, and nothing is amplified by it: leave it out, or mechanism: gaussian"], // prettier-ignore
  [asking("rounds", { epsilon: 0.01 }), "privacy.epsilon: 0.01 is not enough for a single round: more noise, or a larger ε or δ"], // prettier-ignore
  [{ noise: 1 }, 'privacy.noise: is not an option: did you mean "noiseMultiplier"?'],
  [asking("epsilon", { noiseMultiplier: 0, delta: 1 }), "privacy.noiseMultiplier: expected a number of more than 0, got 0; privacy.delta: expected a number of less than 1, got 1"], // prettier-ignore
])("a question that cannot be answered is refused: %j", (request, message) => {
  expect(() => answerPrivacy(request)).toThrow(new TributaryError("invalid-option", message));
});
