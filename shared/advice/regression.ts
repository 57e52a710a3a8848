/** Advice on targets that are numbers: by how precisely each loss would find the middle of the noise that is there. */
import { deviationOf, meanOf } from "../data/summary.ts";
import { log, log1p } from "../kernels/math.ts";
import { ExactSum } from "../sum.ts";
import { tuning } from "./fit.ts";
import type { Measurements } from "./measure.ts";
import { placeOf, type Noise } from "./noise.ts";
import { absoluteVariance, barronOf, huberOf, shareBeyond, squared, varianceOf } from "./precision.ts";
import { percent, type Finding, type Proposal } from "./proposal.ts";
import { Sketch } from "./sketch.ts";
import { brief, shown, type SettledTask } from "./task.ts";

/** What a noise looks like, in numbers. */
export interface NoiseFacts {
  readonly residuals: Sketch;
  /** 1.4826·MAD of the residuals, and of the target before the fit. */
  readonly scale: number;
  readonly before: number;
  /** 1 − scale²/before², at least 0. */
  readonly explained: number;
  /** The share of residuals beyond 3.5 deviations: 0.05 % of a Gaussian's. */
  readonly outliers: number;
  /** Rows each loss needs, as multiples of the best one's. */
  readonly needs: { readonly mse: number; readonly huber: number; readonly barron: number; readonly mae: number };
  readonly delta: number;
  readonly barron: { readonly alpha: number; readonly c: number };
  /** How many times as wide the noise is in the upper quarter of fitted values as in the lower. */
  readonly widening: number;
  /** v ∝ mᵖ: p from the means and variances of the strata; NaN where they tell none. */
  readonly power: number;
}

/** The mean is what mse finds and mostly what is wanted: another loss comes first when it needs less than half the rows. */
const meansWorth = 2;
const far = 3.5;
/** α of Barron's family, and c in deviations for 95 % precision on Gaussian noise. */
const shapes = [
  { alpha: 1, c: tuning },
  { alpha: 0, c: 1.686 },
  { alpha: -2, c: 1.9 },
] as const;

export function noiseFacts(noise: Noise, target: Sketch): NoiseFacts {
  const residuals = Sketch.fromJSON(noise.residuals);
  const { scale } = placeOf(residuals);
  const before = placeOf(target).scale;
  const delta = tuning * scale;
  const variances = shapes.map(({ alpha, c }) => varianceOf(residuals, barronOf(alpha, c * scale)));
  const shape = shapes.findIndex((_, i) => variances[i]! <= 1.1 * Math.min(...variances)); // the least bent that is nearly best
  const all = {
    mse: varianceOf(residuals, squared),
    huber: varianceOf(residuals, huberOf(delta)),
    barron: variances[shape]!,
    mae: absoluteVariance(residuals, scale),
  };
  const best = Math.min(...Object.values(all));
  const { alpha, c } = shapes[shape]!;
  return {
    residuals,
    scale,
    before,
    explained: before === 0 ? 0 : Math.max(0, 1 - (scale * scale) / (before * before)),
    outliers: 1 - shareBeyond(residuals, -far * scale, far * scale),
    needs: { mse: all.mse / best, huber: all.huber / best, barron: all.barron / best, mae: all.mae / best },
    delta,
    barron: { alpha, c: c * scale },
    widening: wideningOf(noise),
    power: powerOf(noise),
  };
}

/** Median |r| of the last quarter of strata over that of the first. */
function wideningOf({ strata }: Noise): number {
  const quarter = Math.max(1, Math.floor(strata.length / 4));
  const middle = (part: Noise["strata"]): number => {
    const sketch = new Sketch();
    for (const { distances } of part) sketch.merge(Sketch.fromJSON(distances));
    return sketch.quantile(0.5);
  };
  return middle(strata.slice(-quarter)) / middle(strata.slice(0, quarter));
}

/** Means and variances of the strata. */
export const strataOf = ({ strata }: Noise): { count: number; mean: number; variance: number }[] =>
  strata.map(({ count, sum, squares }) => {
    const mean = ExactSum.fromJSON(sum).value() / count;
    return { count, mean, variance: Math.max(0, ExactSum.fromJSON(squares).value() / count - mean * mean) };
  });

/** The slope of log v on log m, by least squares weighted with the rows (Taylor's law). */
function powerOf(noise: Noise): number {
  const points = strataOf(noise)
    .filter(({ mean, variance, count }) => mean > 0 && variance > 0 && count >= 10)
    .map(({ mean, variance, count }) => ({ x: log(mean), y: log(variance), count }));
  const n = points.reduce((sum, { count }) => sum + count, 0);
  const [x, y] = [points.reduce((s, p) => s + p.count * p.x, 0) / n, points.reduce((s, p) => s + p.count * p.y, 0) / n];
  const across = points.reduce((sum, p) => sum + p.count * (p.x - x) * (p.y - y), 0);
  const along = points.reduce((sum, p) => sum + p.count * (p.x - x) * (p.x - x), 0);
  return points.length < 4 ? NaN : across / along;
}

/** The sketch of log(1 + y), from that of y. */
export function logarithmOf(target: Sketch): Sketch {
  const sketch = new Sketch();
  for (const [value, count] of target.entries()) sketch.add(log1p(value), count);
  return sketch;
}

export function adviseOnNumbers(measured: Measurements, { facts }: SettledTask): Proposal[] {
  const target = Sketch.fromJSON(measured.sketches[facts.name]!);
  if (measured.noise === undefined) return withoutFit(target);
  const noise = noiseFacts(measured.noise, target);
  const robust = robustProposals(noise);
  const plain: Proposal = {
    loss: "mse",
    options: {},
    because:
      noise.needs.mse > meansWorth
        ? `finds the mean, but needs ${shown(noise.needs.mse)}× the rows of the best on noise with such tails`
        : `finds the mean; it needs ${shown(noise.needs.mse)}× the rows of the best, within the ${meansWorth}× that the mean is worth`,
    numbers: { needs: noise.needs.mse, outliers: noise.outliers },
    curvature: 2,
  };
  const ordered = noise.needs.mse > meansWorth ? [...robust, plain] : [plain, ...robust];
  const positive = positiveProposals(measured, facts.numbers.least!, target);
  return positive.first
    ? [...positive.proposals, ...ordered]
    : [...ordered, ...positive.proposals, ...quantiles(noise)];
}

function robustProposals({ needs, delta, barron, scale, outliers }: NoiseFacts): Proposal[] {
  const huber: Proposal = {
    loss: "huber",
    options: { delta: brief(delta) },
    because: `squared up to δ = 1.345·1.4826·MAD of the residuals = ${shown(delta)}, linear beyond: ${percent(outliers)} of the residuals pull no harder than that`,
    numbers: { needs: needs.huber, delta, scale, outliers },
    curvature: 1,
  };
  const general: Proposal = {
    loss: "barron",
    options: { alpha: barron.alpha, c: brief(barron.c) },
    because:
      barron.alpha === 1
        ? "a smooth Huber (α = 1): bounded pull, still convex"
        : `residuals far out pull less and less (α = ${barron.alpha}); not convex, so start it from a Huber fit if it stalls`,
    numbers: { needs: needs.barron, alpha: barron.alpha, c: barron.c },
    curvature: 1 / (barron.c * barron.c),
  };
  const absolute: Proposal = {
    loss: "mae",
    options: {},
    because: "finds the median, whatever the tails",
    numbers: { needs: needs.mae },
    curvature: 1 / scale,
  };
  const order = needs.barron < needs.huber / 1.1 ? [general, huber] : [huber, general];
  return needs.mae < Math.min(needs.huber, needs.barron) / 1.1 ? [absolute, ...order] : [...order, absolute];
}

/** For targets above 0 whose noise grows with them. */
function positiveProposals(measured: Measurements, least: number, target: Sketch) {
  if (measured.logNoise === undefined || least < 0) return { first: false, proposals: [] };
  const noise = noiseFacts(measured.logNoise, logarithmOf(target));
  const zeros = shareBeyond(target, -Infinity, 0);
  const { power } = noise;
  const numbers = { power, zeros, logNeeds: noise.needs.mse, logExplained: noise.explained };
  const grows = `the variance grows like the mean to the power ${shown(power)}`;
  const gamma: Proposal = {
    loss: "gamma-nll",
    options: {},
    because: `${grows}, and a Gamma's to the power 2; the model learns the logarithm of the mean`,
    numbers,
    curvature: 4,
  };
  const tweedie: Proposal = {
    loss: "tweedie",
    options: { power: brief(Math.min(1.9, Math.max(1.1, power))) },
    because: `${percent(zeros)} are exactly 0, and ${grows}`,
    numbers,
    curvature: Math.max(1, meanRoot(measured, power)),
  };
  const logged: Proposal = {
    loss: "mse",
    options: {},
    transform: "log1p",
    because: `on log(1 + y) the simple fit explains ${percent(noise.explained)} and the noise is ${shown(noise.widening)}× as wide at the top as at the bottom`,
    numbers,
    curvature: 2,
  };
  const grown = power >= 1.5 && noise.needs.mse <= meansWorth;
  const own = least > 0 ? gamma : tweedie;
  if (power >= 1.2) return { first: grown, proposals: [own, logged] };
  return { first: false, proposals: [] };
}

const meanRoot = ({ columns, question }: Measurements, power: number): number => {
  const facts = columns.find(({ name }) => name === question.target)!;
  return power < 2 ? Math.max(1, meanOf(facts.numbers)) : 1;
};

function quantiles({ widening, scale }: NoiseFacts): Proposal[] {
  if (!(widening >= 2 || widening <= 0.5)) return [];
  return [
    {
      loss: "quantile",
      options: { q: 0.9 },
      because: `a bound rather than a middle: the noise is ${shown(widening)}× as wide at the top of the fit as at its bottom`,
      numbers: { widening },
      curvature: 1 / scale,
    },
  ];
}

/** Nothing to fit with: no other columns, or too many. Then the target's own spread is all there is to go by. */
function withoutFit(target: Sketch): Proposal[] {
  const { scale } = placeOf(target);
  const delta = tuning * scale;
  return [
    {
      loss: "mse",
      options: {},
      because: "no simple fit was possible: the noise is not known",
      numbers: {},
      curvature: 2,
    },
    {
      loss: "huber",
      options: { delta: brief(delta) },
      because: "if far values are mistakes; δ from the spread of the target itself, rather too large",
      numbers: { delta },
      curvature: 1,
    },
  ];
}

export function findAboutNumbers(measured: Measurements, { facts }: SettledTask): Finding[] {
  const { least, greatest } = facts.numbers;
  const target = Sketch.fromJSON(measured.sketches[facts.name]!);
  const [mean, deviation, median] = [meanOf(facts.numbers), deviationOf(facts.numbers, 0), target.quantile(0.5)];
  const findings: Finding[] = [
    {
      about: "target",
      says: `${shown(least!)} … ${shown(greatest!)}, mean ${shown(mean)}, median ${shown(median)}, deviation ${shown(deviation)}`,
      numbers: { least: least!, greatest: greatest!, mean, median, deviation, skew: (mean - median) / deviation },
      warns: false,
    },
  ];
  findings.push(...pileUps(facts, measured.rows));
  if (measured.noise === undefined) return findings;
  const noise = noiseFacts(measured.noise, target);
  const { scale, outliers, explained, widening } = noise;
  findings.push(
    {
      about: "noise",
      says: `a simple robust fit explains ${percent(explained)} of the spread and leaves a deviation of ${shown(scale)} (1.4826·MAD; ${shown(noise.before)} before)`,
      numbers: { scale, before: noise.before, explained },
      warns: false,
    },
    {
      about: "outliers",
      says: `${percent(outliers)} of the residuals lie beyond ${far} deviations (0.047 % of a Gaussian's would)`,
      numbers: { outliers, beyond: far, gaussian: 0.000465 },
      warns: noise.needs.mse > meansWorth,
    },
  );
  if (widening >= 1.5 || widening <= 1 / 1.5)
    findings.push({
      about: "uneven noise",
      says: `the noise is ${shown(widening)}× as wide at the top of the fit as at its bottom`,
      numbers: { widening },
      warns: widening >= 3 || widening <= 1 / 3,
    });
  return findings;
}

/** Many rows at the very end of the range: a limit of the measurement, rather than values. */
function pileUps(
  { atLeast, atGreatest, count, fractions, numbers, values }: SettledTask["facts"],
  rows: number,
): Finding[] {
  const ends = [
    ["greatest", atGreatest, numbers.greatest!],
    ["least", atLeast, numbers.least!],
  ] as const;
  const few = fractions === 0 && values !== null && values.length < 50;
  return ends.flatMap(([end, times, value]) =>
    few || times < 10 || times < 0.01 * count || (end === "least" && value === 0)
      ? []
      : [
          {
            about: "censoring",
            says: `${shown(times)} rows (${percent(times / rows)}) have the ${end} value, ${shown(value)}: was the target cut off there? Then its true values lie beyond`,
            numbers: { [end]: value, rows: times, share: times / count },
            warns: true,
          },
        ],
  );
}
