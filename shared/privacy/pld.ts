/**
 * Many releases of the sampled Gaussian mechanism: the losses of single ones add up, so their distribution is convolved with itself, as
 * a power of its Fourier transform.
 *
 *     const loss = new ComposedLoss({ sigma: 1.5, q: 0.05 }, { releases: 100, delta: 1e-6 });
 *     loss.epsilonAt(100, 1e-6);       // 1.95385…, at most so many releases as it was made for
 *
 * An upper bound: the grid is (`loss-distribution.ts`), what may come round the end of the window is bounded (Chernoff) and added to δ,
 * and so is (T + 64)·2⁻⁵⁰ for the arithmetic. How much too large ε is: about `tolerance`, unless so fine a grid would have more points
 * than `mostPoints`; both directions are taken, and the worse one counts.
 *
 * Facts   at the values of the libraries that measure the same quantity, to 5e-5 (test/golden/privacy) · below RDP wherever both are defined
 * Source  Koskela, Jälkö & Honkela (2020), Computing Tight Differential Privacy Guarantees Using FFT; Gopi, Lee & Wutschitz (2021)
 */
import { exp, expm1, log } from "../kernels/math.ts";
import { Fourier } from "./fourier.ts";
import { directions, lossGrid, lossRange, type Direction, type LossGrid } from "./loss-distribution.ts";
import { quantileAbove } from "./normal.ts";
import type { SampledGaussian } from "./rdp.ts";

export interface ComposedLossOptions {
  /** As many as may be asked for. */
  readonly releases: number;
  /** The smallest δ that may be asked for. */
  readonly delta: number;
  /** By how much ε may be too large, about. @default 1e-4 */
  readonly tolerance?: number;
  /** A power of two. @default 2¹⁹ */
  readonly mostPoints?: number;
}

/** Of δ, what may be lost at each end. */
const negligible = 1e-7;
/** 2⁻⁵⁰ */
const arithmetic = 1 / 1_125_899_906_842_624;
const coarsePoints = 4096;
/** A range of losses narrower than this, or than this share of them, counts as so wide. */
const finest = 1e-6;
/** How many deviations of the whole loss lie between its mean and the ε of a small δ. */
const usualDeviations = 6;

export class ComposedLoss {
  readonly #most: number;
  readonly #interval: number;
  readonly #fourier: Fourier;
  /** The transform of both directions, the added one times i. */
  readonly #real: Float64Array;
  readonly #imaginary: Float64Array;
  readonly #sides: readonly { readonly tail: Tail; readonly infinite: number }[];
  readonly #lost: number;
  /** The last composition that was asked for. */
  #composed: { readonly releases: number; readonly masses: readonly Float64Array[] } | undefined;

  constructor(
    mechanism: SampledGaussian,
    { releases, delta, tolerance = 1e-4, mostPoints = 524_288 }: ComposedLossOptions,
  ) {
    this.#most = releases;
    this.#lost = negligible * delta;
    const deviations = quantileAbove(this.#lost / releases);
    const ranges = directions.map((direction) => lossRange(mechanism, direction, deviations));
    const gridOf = (direction: Direction, interval: number): LossGrid =>
      lossGrid(mechanism, direction, interval, ranges[directions.indexOf(direction)]!);
    const tails = directions.map((direction, i) => {
      const [low, high] = ranges[i]!;
      const interval = Math.max(high - low, finest * Math.max(1, Math.abs(low))) / coarsePoints;
      return new Tail(gridOf(direction, interval), interval, releases);
    });
    const width = Math.max(...tails.map((tail) => tail.most(releases, this.#lost) - tail.least(releases, this.#lost)));
    const variance = Math.max(...tails.map((tail) => tail.variance));
    const wanted = intervalFor(tolerance, releases, variance);
    let n = 16;
    while (n < mostPoints && n < width / wanted + 2) n *= 2;
    const widest = Math.max(...ranges.map(([low, high]) => high - low));
    this.#interval = Math.max(wanted, width / (n - 2), widest / mostPoints);
    this.#fourier = new Fourier(n);
    [this.#real, this.#imaginary] = [new Float64Array(n), new Float64Array(n)];
    this.#sides = directions.map((direction, i) => {
      const { first, masses, infinite } = gridOf(direction, this.#interval);
      const into = direction === "removed" ? this.#real : this.#imaginary;
      masses.forEach((mass, k) => (into[modulo(first + k, n)]! += mass));
      return { tail: tails[i]!, infinite };
    });
    this.#fourier.forward(this.#real, this.#imaginary);
  }

  /** The smallest ε that is proved for δ; ∞ where none is. */
  epsilonAt(releases: number, delta: number): number {
    return this.#worst(releases, (side) => epsilonOfSide(side, delta));
  }

  /** The smallest δ that is proved for ε. */
  deltaAt(releases: number, epsilon: number): number {
    return Math.min(
      1,
      this.#worst(releases, (side) => deltaOfSide(side, epsilon)),
    );
  }

  #worst(releases: number, of: (side: Side) => number): number {
    if (releases > this.#most) throw new RangeError(`Expected at most ${this.#most} releases, got ${releases}`);
    if (releases === 0) return 0;
    const composed =
      this.#composed?.releases === releases ? this.#composed : { releases, masses: this.#power(releases) };
    this.#composed = composed;
    const sides = this.#sides.map(({ tail, infinite }, i) => ({
      masses: composed.masses[i]!,
      interval: this.#interval,
      last: Math.ceil(tail.most(releases, this.#lost) / this.#interval),
      beyond: Math.min(1, infinite * releases) + this.#lost + (releases + 64) * arithmetic,
    }));
    const worst = sides.every(({ last }) => Number.isFinite(last)) ? Math.max(...sides.map(of)) : Infinity;
    return Number.isNaN(worst) ? Infinity : worst;
  }

  /** Both directions' losses of so many releases, at their places modulo the size. */
  #power(releases: number): readonly Float64Array[] {
    const n = this.#fourier.size;
    const [real, imaginary] = [new Float64Array(n), new Float64Array(n)];
    for (let k = 0; k <= n / 2; k++) {
      const j = (n - k) % n;
      // Of two real sequences in one: their transforms are its parts that mirror themselves, and those that mirror with a minus.
      const removed = raised(
        (this.#real[k]! + this.#real[j]!) / 2,
        (this.#imaginary[k]! - this.#imaginary[j]!) / 2,
        releases,
      );
      const added = raised(
        (this.#imaginary[k]! + this.#imaginary[j]!) / 2,
        (this.#real[j]! - this.#real[k]!) / 2,
        releases,
      );
      real[k] = removed[0] - added[1];
      imaginary[k] = removed[1] + added[0];
      real[j] = removed[0] + added[1];
      imaginary[j] = added[0] - removed[1];
    }
    this.#fourier.backward(real, imaginary);
    return [real, imaginary];
  }
}

/**
 * How far apart grid points may lie. One release's variance grows by up to h²/6 and its mean by half of that, so that ε grows by about
 * T·h²·(1/12 + z/12s) where the whole loss has the deviation s.
 */
function intervalFor(tolerance: number, releases: number, variance: number): number {
  const deviation = Math.sqrt(releases * variance);
  return Math.sqrt((12 * tolerance) / (releases * (1 + usualDeviations / deviation)));
}

/** λ that are tried, in units of one release's deviation and of the whole loss's. */
const fastestRate = 30;
const slowestRate = 0.01;

/** Chernoff's bounds of a sum of losses, from the exponential moments of one: coarser grids only make them larger. */
class Tail {
  readonly variance: number;
  /** λ and ln E[e^(λL)]. */
  readonly #moments: readonly (readonly [number, number])[];

  constructor({ first, masses }: LossGrid, interval: number, releases: number) {
    const expected = (of: (loss: number) => number): number =>
      masses.reduce((sum, mass, i) => sum + mass * of((first + i) * interval), 0);
    const mean = expected((loss) => loss);
    this.variance = Math.max(
      expected((loss) => (loss - mean) * (loss - mean)),
      Number.MIN_VALUE,
    );
    const rates: number[] = [];
    const slowest = slowestRate / Math.sqrt(releases * this.variance);
    for (let rate = fastestRate / Math.sqrt(this.variance); rate > slowest; rate /= Math.SQRT2) rates.push(rate);
    this.#moments = [...rates, ...rates.map((rate) => -rate)].map((rate) => {
      const shift = Math.max(rate * first, rate * (first + masses.length - 1)) * interval;
      const sum = masses.reduce((total, mass, i) => total + mass * exp(rate * (first + i) * interval - shift), 0);
      return [rate, shift + log(sum)];
    });
  }

  /** The sum of so many is larger with a probability of at most `lost`. */
  most(releases: number, lost: number): number {
    return this.#bound(releases, lost, 1);
  }

  /** And smaller. */
  least(releases: number, lost: number): number {
    return -this.#bound(releases, lost, -1);
  }

  #bound(releases: number, lost: number, sign: 1 | -1): number {
    const bounds = this.#moments.flatMap(([rate, moment]) =>
      rate * sign > 0 ? [(releases * moment - log(lost)) / Math.abs(rate)] : [],
    );
    return Math.min(...bounds);
  }
}

/** One direction of a composition: the mass of the loss `interval`·i lies at i modulo the size, up to `last`. */
interface Side {
  readonly masses: Float64Array;
  readonly interval: number;
  readonly last: number;
  /** The probability of more than that. */
  readonly beyond: number;
}

/** Downwards from the largest loss: δ(ε) = P(L ≥ l) − e^(ε − l)·E[e^(l − L); L ≥ l] between the points l − h and l. */
function epsilonOfSide({ masses, interval, last, beyond }: Side, delta: number): number {
  if (beyond > delta) return Infinity;
  const shrink = exp(-interval);
  let [above, discounted] = [beyond, 0];
  for (let i = last; i > Math.max(0, last - masses.length); i--) {
    const mass = Math.max(0, masses[modulo(i, masses.length)]!);
    above += mass;
    discounted += mass;
    if (!(above - discounted * shrink <= delta)) return Math.max(0, i * interval + log((above - delta) / discounted));
    discounted *= shrink;
  }
  return 0;
}

function deltaOfSide({ masses, interval, last, beyond }: Side, epsilon: number): number {
  let delta = beyond;
  for (let i = last; i * interval > epsilon && i > last - masses.length; i--)
    delta += Math.max(0, masses[modulo(i, masses.length)]!) * -expm1(epsilon - i * interval);
  return delta;
}

const modulo = (i: number, n: number): number => ((i % n) + n) % n;

/** (a + bi)^power, by squares. */
function raised(a: number, b: number, power: number): readonly [number, number] {
  let [re, im] = [1, 0];
  for (let rest = power; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) [re, im] = [re * a - im * b, re * b + im * a];
    [a, b] = [a * a - b * b, 2 * a * b];
  }
  return [re, im];
}
