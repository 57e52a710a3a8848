/** Advice on counts: how much more they scatter about their means than Poisson's. */
import { meanOf } from "../data/summary.ts";
import type { Measurements } from "./measure.ts";
import { percent, type Finding, type Proposal } from "./proposal.ts";
import { logarithmOf, noiseFacts, strataOf } from "./regression.ts";
import { shareBeyond } from "./precision.ts";
import { Sketch } from "./sketch.ts";
import { brief, shown, type SettledTask } from "./task.ts";

interface CountFacts {
  readonly mean: number;
  readonly zeros: number;
  /** Σ n·v / Σ n·m over strata of alike fitted values: 1 for Poisson. */
  readonly overdispersion: number;
  /** α of v = m + α·m², by moments over the strata. */
  readonly dispersion: number;
}

/** Beyond this, Poisson's variance is too small by more than a simple fit's own lack would explain. */
const over = 1.5;

function countFacts(measured: Measurements, { facts }: SettledTask): CountFacts {
  const target = Sketch.fromJSON(measured.sketches[facts.name]!);
  const noise = measured.logNoise ?? measured.noise;
  const mean = meanOf(facts.numbers);
  const zeros = shareBeyond(target, -Infinity, 0);
  const strata = noise === undefined ? [] : strataOf(noise);
  const sum = (of: (stratum: (typeof strata)[number]) => number): number =>
    strata.reduce((total, stratum) => total + stratum.count * of(stratum), 0);
  const excess = sum(({ mean: m, variance: v }) => v - m) / sum(({ mean: m }) => m * m);
  return {
    mean,
    zeros,
    overdispersion: strata.length === 0 ? NaN : sum(({ variance }) => variance) / sum(({ mean: m }) => m),
    dispersion: Math.max(0.001, excess || 0),
  };
}

export function adviseOnCounts(measured: Measurements, settled: SettledTask): Proposal[] {
  const { mean, zeros, overdispersion, dispersion } = countFacts(measured, settled);
  const numbers = { overdispersion, dispersion, mean, zeros };
  const rough = overdispersion > over;
  const poisson: Proposal = {
    loss: "poisson-nll",
    options: {},
    because: rough
      ? `the right mean, but the variance is ${shown(overdispersion)}× what it takes for granted: large counts weigh too much`
      : `the variance is ${shown(overdispersion)}× the mean among rows alike: Poisson takes 1×; the model learns log(mean)`,
    numbers,
    curvature: Math.max(1, mean),
  };
  const binomial: Proposal = {
    loss: "negative-binomial",
    options: { dispersion: brief(dispersion) },
    because: `variance m + α·m² with α = ${shown(dispersion)} by moments: it is ${shown(overdispersion)}× the mean among rows alike`,
    numbers,
    curvature: Math.max(1, Math.min(mean, 1 / dispersion)),
  };
  const logged: Proposal = {
    loss: "mse",
    options: {},
    transform: "log1p",
    because: "on log(1 + count): errors in proportion; finds a geometric mean, below the arithmetic one",
    numbers: explainedOnLog(measured, settled),
    curvature: 2,
  };
  const plain: Proposal = {
    loss: "mse",
    options: {},
    because: "only where the largest counts matter as much as they weigh",
    numbers: { mean },
    curvature: 2,
  };
  return rough ? [binomial, logged, poisson, plain] : [poisson, binomial, logged, plain];
}

function explainedOnLog({ logNoise, sketches }: Measurements, { facts }: SettledTask): Proposal["numbers"] {
  if (logNoise === undefined) return {};
  const { explained, widening } = noiseFacts(logNoise, logarithmOf(Sketch.fromJSON(sketches[facts.name]!)));
  return { logExplained: explained, widening };
}

export function findAboutCounts(measured: Measurements, settled: SettledTask): Finding[] {
  const { overdispersion, dispersion, zeros, mean } = countFacts(measured, settled);
  if (Number.isNaN(overdispersion)) return [];
  return [
    {
      about: "counts",
      says: `among rows with alike fitted values the variance is ${shown(overdispersion)}× the mean; ${percent(zeros)} are 0`,
      numbers: { overdispersion, dispersion, zeros, mean },
      warns: overdispersion > over,
    },
  ];
}
