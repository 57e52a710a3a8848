import { createHash } from "node:crypto";
import { TributaryError } from "./errors.ts";
import { cos, exp, log } from "./kernels/math.ts";

/**
 * Chance as a value: a stream of random numbers that depends on a seed and on names, never on the order of calls.
 *
 *     const random = Random.seeded(7);
 *     const mine = random.fork("round", 3, "client", "lille");   // the same stream on any thread or machine, whatever was drawn before
 *     mine.uniform();                                            // in [0, 1)
 *
 * A stream is the generator sfc32 (Doty-Humphrey, PractRand; period ≥ 2³², 2¹²⁷ on average) started from the first 96 bits of its key. Keys
 * are SHA-256: of the seed at the root, of the parent's key and the names in a fork, so that no two paths share a stream. Every
 * transcendental comes from the kernels: the same draws on every JavaScript engine.
 */
export class Random {
  readonly #key: string;
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 1;

  private constructor(key: string, nth?: number) {
    this.#key = key;
    [this.#a, this.#b, this.#c] = [0, 8, 16].map((at) => Number.parseInt(key.slice(at, at + 8), 16) | 0) as [
      number,
      number,
      number,
    ];
    if (nth !== undefined) [this.#a, this.#counter] = [this.#a ^ nth, 2]; // of a fork it is 1
    for (let i = 0; i < 12; i++) this.#next();
  }

  static seeded(seed: number | string): Random {
    return new Random(digest("seed", seed));
  }

  /** The stream at a path of names below this one. It knows nothing of what has been drawn here. */
  fork(...names: readonly (string | number)[]): Random {
    return new Random(digest(this.#key, ...names));
  }

  /**
   * One of 2³² streams below this one, by its number: for chance that each of many rows has of its own, at a tenth of the cost of a fork.
   */
  nth(number: number): Random {
    return this.#key.includes("/") ? this.fork(number) : new Random(`${this.#key}/${number}`, number);
  }

  /** Where the stream stands, as a JSON value. */
  get state(): RandomState {
    return { key: this.#key, words: [this.#a, this.#b, this.#c, this.#counter] };
  }

  static restored({ key, words }: RandomState): Random {
    const random = new Random(key);
    [random.#a, random.#b, random.#c, random.#counter] = words;
    return random;
  }

  /** 32 random bits, as an integer in [0, 2³²). */
  bits(): number {
    return this.#next() >>> 0;
  }

  /** In [0, 1), a multiple of 2⁻⁵³. */
  uniform(): number {
    return ((this.#next() >>> 5) * 67108864 + (this.#next() >>> 6)) / 9007199254740992; // 27 and 26 bits
  }

  /** An integer in [0, bound), each equally likely; bound a whole number in [1, 2³²]. */
  integer(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 4294967296) {
      throw new TributaryError("invalid-option", `Expected the bound of a random integer in [1, 2³²], got ${bound}`);
    }
    const fair = 4294967296 - (4294967296 % bound); // beyond the last whole multiple: draw again
    let bits = this.bits();
    while (bits >= fair) bits = this.bits();
    return bits % bound;
  }

  /** Standard normal, by Box & Muller (1958): √(−2·ln u)·cos 2πv. Two uniforms each time; nothing is kept for the next call. */
  normal(): number {
    const radius = Math.sqrt(-2 * log(1 - this.uniform()));
    return radius * cos(2 * Math.PI * this.uniform());
  }

  /** Gamma(shape > 0, scale 1). It may underflow to 0 for shapes below 0.01; then `logGamma` is the one to use. */
  gamma(shape: number): number {
    return exp(this.logGamma(shape));
  }

  /**
   * The logarithm of a Gamma(shape, 1) draw: Marsaglia & Tsang (2000) for shape ≥ 1; below, ln Gamma(shape + 1) + ln(u)/shape (their §6).
   */
  logGamma(shape: number): number {
    if (!(shape > 0 && shape < Infinity)) {
      throw new TributaryError("invalid-option", `Expected a positive shape of a gamma distribution, got ${shape}`);
    }
    if (shape < 1) return this.logGamma(shape + 1) + log(1 - this.uniform()) / shape;
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const root = 1 + c * x;
      if (root <= 0) continue;
      const v = root * root * root;
      if (log(1 - this.uniform()) < 0.5 * x * x + d - d * v + d * log(v)) return log(d) + log(v);
    }
  }

  /**
   * Dirichlet(alpha), or the symmetric one of `size` parts for a single number: positive shares with sum 1 (to rounding). Normalized in
   * logarithms, so that it stays a distribution for alphas as small as 1e-6, where almost all the mass falls on one part.
   */
  dirichlet(alpha: number | readonly number[], size?: number): Float64Array {
    const shapes = typeof alpha === "number" ? Array.from({ length: size ?? 0 }, () => alpha) : alpha;
    if (shapes.length === 0)
      throw new TributaryError("invalid-option", "Expected a Dirichlet distribution of at least one part, got 0");
    const logs = Float64Array.from(shapes, (shape) => this.logGamma(shape));
    const top = logs.reduce((a, b) => Math.max(a, b));
    const parts = logs.map((value) => exp(value - top));
    const total = parts.reduce((a, b) => a + b, 0);
    return parts.map((part) => part / total);
  }

  /** Puts `items` into a random order, in place (Fisher & Yates), and returns them. */
  shuffle<T extends { [index: number]: unknown; readonly length: number }>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const item = items[i];
      items[i] = items[j];
      items[j] = item;
    }
    return items;
  }

  /** 0 … length − 1 in random order. */
  permutation(length: number): Int32Array {
    return this.shuffle(Int32Array.from({ length }, (_, i) => i));
  }

  #next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum;
  }
}

/** A stream's key and the four words of its generator. */
export interface RandomState {
  readonly key: string;
  readonly words: readonly [number, number, number, number];
}

/** SHA-256 of a path, 128 bits in hexadecimal. As JSON, ["a", "b"] is not ["ab"] and 1 is not "1". */
const digest = (...path: readonly (string | number)[]): string =>
  createHash("sha256").update(JSON.stringify(path)).digest("hex").slice(0, 32);
