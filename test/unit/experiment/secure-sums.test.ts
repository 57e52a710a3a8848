/** Secure sums as they are declared: what cannot be right together with them, and what the report says of them. */
import { describe, expect, test } from "vitest";
import { exactnessOf, exactnessWords } from "../../../shared/experiment/exactness.ts";
import { goalsOf } from "../../../shared/experiment/goals.ts";
import { example } from "../../support/network.ts";

const declared = (...more: string[]) => example("heart-secure.yaml", ...more);

/** What an experiment is refused for, a line for each problem. */
function refusals(...more: string[]): string[] {
  try {
    declared(...more);
    return [];
  } catch (error) {
    return (error as Error).message.split("\n");
  }
}

const gradient = "federation={mode: gradient, rounds: 2, secureSums: {clip: 9, inTheClear: [evaluations]}, serverOptimizer: {kind: sgd, learningRate: 0.1}}"; // prettier-ignore

describe("an experiment with secure sums is refused", () => {
  test.each([
    ["federation.aggregation={rule: median}", /is median, which has to see each client's update: use mean/],
    ["federation.aggregation={rule: krum, f: 1}", /is krum, which has to see each client's update: use mean/],
    ["federation.strategy=scaffold", /is scaffold, which needs more of each client .*: use proximal/],
    ["federation.strategy=fednova", /it is scaled back by each client's own steps/],
    ["federation.shares={kind: q-fair, q: 1}", /are q-fair, which goes by each client's loss/],
    ["federation.transport=float16", /what is masked travels in 32-bit levels/],
    ["federation.clients.draw={kind: power-of-choice, candidates: 4}", /which goes by each client's loss: use uniform/],
    ["federation.clients.draw={kind: poisson}", /whose cohort may be too small for a sum/],
    ["federation.asynchrony={kind: buffered, size: 2}", /masks cancel within one cohort/],
    ["federation.clustering={kind: ifca, clusters: 2}", /who trains which model goes by each client's losses/],
    ["federation.personal={kind: fine-tune, epochs: 1}", /what is shared has to be all that clients tell of/],
    ["federation.local.objectives=separate", /rows of separate work are scaled back/],
    ["regularizers=[{kind: l1, lambda: 0.1}]", /is l1, which the coordinator scales .*: use l2/],
    ["simulation.attack={kind: sign-flip, share: 0.25}", /changes single updates, which nobody sees/],
    ["data.placement=coordinator", /who then has every client's rows/],
    ["data.standardize=global", /each client would tell its means; or say inTheClear: \[statistics\]/],
    ["federation.secureSums.inTheClear=[]", /each client would tell its losses and metrics; or say inTheClear/],
    ["federation.clients.select={count: 2}", /a cohort of 2: expected at least 3/],
    ["federation.secureSums.levels=2147483646", /sums over 4 clients go beyond 2³²: expected at most 1073741824/],
    ["federation.secureSums.levels=5", /expected an even number/],
    ["federation.secureSums.threshold=0.5", /threshold/],
    ["federation.secureSums.clip=0", /clip/],
  ])("with %s, in a sentence that says what to do", (change, expected) => {
    expect(refusals(change).join("\n")).toMatch(expected);
  });

  test("in gradient mode with a second gradient in a round", () => {
    expect(refusals(gradient)).toEqual([]);
    expect(refusals(gradient, "federation.lookAhead=extragradient").join("\n")).toMatch(/a round has one secure sum/);
  });
});

test("the report says what the coordinator sees", () => {
  const experiment = declared();
  const words = exactnessWords(exactnessOf(experiment, goalsOf(experiment))["disease"]!);
  expect(words).toMatch(
    /updates are cut to ± 1, rounded to 4194304 levels and masked: the coordinator sees their sum, and beside it each client's rows, what they count, and when it takes part, its losses and metrics on its own rows/,
  );
});
