/** `tributary privacy`: what noise, sampling and rounds cost, and what a budget buys; of numbers, or of an experiment. */
import { TributaryError } from "../shared/errors.ts";
import type { Override } from "../shared/experiment/override.ts";
import { noiseFor, releasesWithin } from "../shared/privacy/accountant.ts";
import { answerPrivacy, type PrivacyAnswer, type PrivacyRequest } from "../shared/privacy/privacy-request.ts";
import { mechanismOf, releasesPerRound, scopeOf, spentAfter } from "../shared/privacy/privacy.ts";
import { print, type Context } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";
import { counted, decimal } from "./format.ts";
import { loadExperiment } from "./load-experiment.ts";
import { answerLines } from "./request-lines.ts";
import { table } from "./table.ts";

export interface PrivacyFlags {
  readonly noise?: number;
  readonly rate?: number;
  readonly rounds?: number;
  readonly delta?: number;
  readonly epsilon?: number;
  readonly rows?: number;
  readonly mechanism?: string;
  readonly adjacency?: string;
  readonly unit?: string;
  readonly set: readonly Override[];
  readonly json?: true;
}

export async function privacyCommand(
  file: string | undefined,
  flags: PrivacyFlags,
  help: () => void,
  context: Context,
): Promise<number> {
  if (file !== undefined) {
    const cost = costOf(file, flags, context);
    print(context, flags.json === true ? JSON.stringify(cost) : costLines(cost, context));
  } else if (flags.set.length > 0)
    throw new TributaryError("invalid-option", "--set: expected an experiment to change, got none");
  else if (flags.rows !== undefined)
    throw new TributaryError("invalid-option", "--rows: expected an experiment of dp-sgd, got none: give --rate");
  else if (Object.keys(requestOf(flags)).length > 0) {
    const answer = answerPrivacy(requestOf(flags));
    print(context, flags.json === true ? JSON.stringify(answer) : answerLinesOf(answer, context));
  } else if (flags.json === true && context.stdin !== undefined)
    await answerLines(context.stdin, context.stdout, "cli/privacy-worker.js");
  else {
    help();
    return exitCodes.usage;
  }
  return exitCodes.done;
}

/** Those flags that are given, by their names in a request: checked where JSON is, by one schema. */
function requestOf(flags: PrivacyFlags): Readonly<Partial<Record<keyof PrivacyRequest, number | string>>> {
  const { noise, rate, rounds, delta, epsilon, mechanism, adjacency, unit } = flags;
  const named = { noiseMultiplier: noise, samplingRate: rate, rounds, delta, epsilon, mechanism, adjacency, unit };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

function answerLinesOf(answer: PrivacyAnswer, { colours }: Context): string {
  const { asked, accountants, accountant, samplingRate, mechanism, adjacency, unit } = answer;
  const names = { noiseMultiplier: "noise multiplier", rounds: "rounds", epsilon: "ε", delta: "δ" };
  const rows = Object.entries(names).map(([key, name]) => {
    const value = answer[key as keyof typeof names];
    const shown = key === "noiseMultiplier" ? roundedUp(value) : key === "rounds" ? String(value) : exactly(value);
    return [key === asked ? colours.bold(name) : name, key === asked ? colours.bold(shown) : shown];
  });
  rows.push(["sampling rate", samplingRate === 1 ? "1 (nothing is amplified)" : exactly(samplingRate)]);
  const others = Object.entries(accountants).map(([name, epsilon]) => `${name} ${decimal(epsilon)}`);
  return [
    table(["", ""], rows, ["left", "left"]),
    `  ε by ${accountant}, the smallest of ${others.join(", ")}`,
    `  hides one ${unit}: neighbours are data sets that differ by ${adjacency === "replace-one" ? "another in its place" : "one more or less"}${
      mechanism === "tree" ? `; a tree, in which each ${unit} takes part once` : ""
    }`,
  ].join("\n");
}

/** Six digits, as one would type them: 0.01, 1e-5. */
const exactly = (value: number): string => {
  const rounded = Number(value.toPrecision(6));
  return rounded > 0 && rounded < 1e-3 ? rounded.toExponential() : String(rounded);
};

/** To five digits, never less noise than was found. */
const roundedUp = (value: number): string => {
  const shown = Number(value.toPrecision(5));
  return String(shown >= value ? shown : Number((value * (1 + 1e-4)).toPrecision(5)));
};

/** What an experiment costs as it is declared, and with --epsilon what of it that buys. */
function costOf(file: string, flags: PrivacyFlags, context: Context) {
  const stray = (["noise", "rate", "delta", "mechanism", "adjacency", "unit"] as const).filter((name) => flags[name] !== undefined); // prettier-ignore
  if (stray.length > 0)
    throw new TributaryError(
      "invalid-option",
      `--${stray[0]!}: the experiment says so itself; change it with --set privacy.…`,
    );
  const { experiment } = loadExperiment(file, flags.set, context.cwd);
  const { privacy, federation } = experiment;
  if (privacy === undefined)
    throw new TributaryError(
      "invalid-experiment",
      `${file}: declares no privacy: expected a section privacy, got none`,
    );
  const holder = flags.rows === undefined ? {} : { rows: flags.rows };
  if (privacy.mechanism === "dp-sgd" && flags.rows === undefined)
    throw new TributaryError("invalid-option", "--rows: expected how many rows the client trains on that has the fewest: the ε of dp-sgd goes by them"); // prettier-ignore
  const mechanism = mechanismOf(experiment, holder)!; // there is privacy
  const rounds = flags.rounds ?? federation.rounds;
  const { epsilon, accountant, delta } = spentAfter(rounds, experiment, holder)!; // so there is an ε
  const budget = flags.epsilon;
  const each = releasesPerRound(experiment);
  return {
    ...{ name: experiment.name, rounds, epsilon, delta, accountant, noiseMultiplier: privacy.noiseMultiplier },
    ...scopeOf(experiment, holder),
    ...(budget !== undefined && {
      within: {
        epsilon: budget,
        rounds: Math.floor(releasesWithin(budget, mechanism, delta) / each),
        noiseMultiplier:
          (noiseFor(budget, mechanism.q, { releases: rounds * each, delta }) * privacy.noiseMultiplier) /
          mechanism.sigma,
      },
    }),
  };
}

function costLines(cost: ReturnType<typeof costOf>, { colours }: Context): string {
  const { name, rounds, epsilon, delta, accountant, noiseMultiplier, unit, where, adjacency, samplingRate, within } =
    cost;
  const chance = samplingRate === 1 ? "without amplification by sampling" : `each ${unit} drawn in secret at q = ${exactly(samplingRate)}`; // prettier-ignore
  const lines = [
    `  ${colours.bold(name)}: ${counted(rounds, "round")} with the noise multiplier ${exactly(noiseMultiplier)} hide one ${unit}, by noise of the ${where}`,
    `  by ε = ${colours.bold(exactly(epsilon))} at δ = ${exactly(delta)} (${accountant}; ${chance}; ${adjacency === "replace-one" ? "another in its place" : "one more or less"})`,
  ];
  if (within !== undefined)
    lines.push(
      `  ε = ${exactly(within.epsilon)} is enough for ${counted(within.rounds, "round")}; ${counted(rounds, "round")} need the noise multiplier ${roundedUp(within.noiseMultiplier)}`,
    );
  return lines.join("\n");
}
