/**
 * One question about the privacy of Gaussian releases, asked and answered as JSON: what `tributary privacy --json` speaks. Of the noise, the
 * rounds, ε and δ one is left out, and that is what is asked.
 *
 *     {"noiseMultiplier":1,"samplingRate":0.01,"rounds":1000,"delta":1e-5}
 *     {"asked":"epsilon","epsilon":1.8283,"accountant":"pld","accountants":{"analytic-gaussian":633.9,"pld":1.8283,"rdp":2.1014},…}
 *
 * An answer names whose presence it hides (`unit`) and which data sets are neighbours (`adjacency`). Noise is rounded up, rounds are rounded
 * down, ε and δ are upper bounds.
 */
import { z } from "zod";
import { TributaryError } from "../errors.ts";
import { decodeOptions } from "../experiment/decode-options.ts";
import { count, fraction, nonNegative, object, positive } from "../experiment/strict.ts";
import { Account, noiseFor, releasesWithin, type AccountantName } from "./accountant.ts";
import { gaussianDelta } from "./analytic-gaussian.ts";
import { ComposedLoss } from "./pld.ts";
import { roundsOfTree, treeLevels } from "./tree.ts";

export const privacyRequestSchema = object({
  noiseMultiplier: positive
    .optional()
    .describe("z: the noise's standard deviation over the most that one unit can change the sum."),
  rounds: count.max(1_000_000_000).optional().describe("Models that are released: rounds, or steps of DP-SGD."),
  epsilon: nonNegative.optional(),
  delta: fraction.optional().describe("Well below one over the number of units."),
  samplingRate: z
    .union([fraction, z.literal(1)])
    .default(1)
    .describe(
      "q, where each unit is drawn by itself with this probability (Poisson) and nobody knows who is; 1 for any other draw.",
    ),
  mechanism: z
    .enum(["gaussian", "tree"])
    .default("gaussian")
    .describe(
      "tree: the noise of one node of a tree of partial sums (DP-FTRL), where each unit takes part once in these rounds.",
    ),
  adjacency: z
    .enum(["add-or-remove-one", "replace-one"])
    .default("add-or-remove-one")
    .describe(
      "Neighbours: data with one unit more, or with another in its place, which changes a sum by twice as much.",
    ),
  unit: z.enum(["client", "example"]).default("client").describe("Whose presence is hidden; it changes no number."),
});

export type PrivacyRequest = z.input<typeof privacyRequestSchema>;
type Question = z.output<typeof privacyRequestSchema>;

const unknowns = ["noiseMultiplier", "rounds", "epsilon", "delta"] as const;

/** What is known once a question is answered. */
type Known = Readonly<Record<(typeof unknowns)[number], number>>;

export interface PrivacyAnswer extends Known, Omit<Question, keyof Known> {
  readonly asked: (typeof unknowns)[number];
  /** Who gave the smallest valid ε. */
  readonly accountant: AccountantName;
  /** The ε of each that proves one. */
  readonly accountants: Readonly<Partial<Record<AccountantName, number>>>;
}

/** Throws "invalid-option" with everything that is wrong with the request. */
export function answerPrivacy(request: unknown): PrivacyAnswer {
  const question = decodeOptions("privacy", privacyRequestSchema, request);
  const asked = askedOf(question);
  const { samplingRate: q, mechanism, adjacency } = question;
  if (q < 1 && adjacency === "replace-one")
    refuse(
      "adjacency: replace-one is accounted without sampling only: ask for add-or-remove-one, or leave out samplingRate",
    );
  if (q < 1 && mechanism === "tree")
    refuse("samplingRate: a tree needs none, and nothing is amplified by it: leave it out, or mechanism: gaussian");
  const reach = adjacency === "replace-one" ? 2 : 1;
  const releasesOf = (rounds: number): number => (mechanism === "tree" ? treeLevels(rounds) : rounds);
  const answered = { ...question, ...solved(question, asked, { q, reach, releasesOf }) };
  const releases = releasesOf(answered.rounds);
  const account = new Account({ sigma: answered.noiseMultiplier / reach, q }, { releases, delta: answered.delta });
  const { epsilon, accountant } = account.costOf(releases);
  const accountants = Object.fromEntries(account.proofsOf(releases).map((one) => [one.accountant, one.epsilon]));
  return { asked, ...answered, epsilon: asked === "delta" ? answered.epsilon : epsilon, accountant, accountants };
}

const refuse = (why: string): never => {
  throw new TributaryError("invalid-option", `privacy.${why}`);
};

function askedOf(question: Question): PrivacyAnswer["asked"] {
  const missing = unknowns.filter((name) => question[name] === undefined);
  if (missing.length === 1) return missing[0]!;
  const what = missing.length === 0 ? "all four: leave out what is asked" : `nothing for ${missing.join(", ")}`;
  return refuse(`request: expected three of ${unknowns.join(", ")}, the fourth is the answer; got ${what}`);
}

interface Setting {
  readonly q: number;
  readonly reach: number;
  readonly releasesOf: (rounds: number) => number;
}

/** All four, the one that was asked among them. */
function solved(
  { noiseMultiplier = 0, rounds = 0, epsilon = 0, delta = 0, mechanism }: Question,
  asked: PrivacyAnswer["asked"],
  { q, reach, releasesOf }: Setting,
): Known {
  const given = { noiseMultiplier, rounds, epsilon, delta };
  const sigma = noiseMultiplier / reach;
  switch (asked) {
    case "epsilon":
      return given;
    case "noiseMultiplier": {
      if (epsilon === 0) return refuse("epsilon: expected a number of more than 0 where noise is asked, got 0");
      return { ...given, noiseMultiplier: reach * noiseFor(epsilon, q, { releases: releasesOf(rounds), delta }) };
    }
    case "rounds": {
      const releases = releasesWithin(epsilon, { sigma, q }, delta);
      if (releases === 0)
        return refuse(`epsilon: ${epsilon} is not enough for a single round: more noise, or a larger ε or δ`);
      return { ...given, rounds: mechanism === "tree" ? roundsOfTree(releases) : releases };
    }
    case "delta": {
      const found = deltaOf(sigma, q, releasesOf(rounds), epsilon);
      if (!(found > 0 && found < 1))
        return refuse(`delta: nothing between 0 and 1 is proved for ε = ${epsilon}, only ${found}`);
      return { ...given, delta: found };
    }
  }
}

/** Sums of probabilities cannot tell a δ from 0 below this. */
const smallestDelta = 1e-12;

function deltaOf(sigma: number, q: number, releases: number, epsilon: number): number {
  const exact = gaussianDelta(sigma, releases, epsilon);
  if (q === 1) return exact;
  const loss = new ComposedLoss({ sigma, q }, { releases, delta: smallestDelta });
  return Math.min(exact, loss.deltaAt(releases, epsilon));
}
