import { fromFixed, toFixed } from "./fixed-point.ts";

/**
 * The exact sum of any float64 numbers: a whole multiple of 2⁻¹⁰⁷⁴, rounded once when it is read. Neither order nor grouping nor
 * cancellation reaches it: 1e308, 1, −1e308 is 1. For the scalars of a round (numerators, denominators, metrics); about 0.3 µs a number.
 *
 *     const sum = new ExactSum();
 *     sum.add(0.1);
 *     sum.merge(other);
 *     sum.value();
 *
 * Infinities and NaN are counted beside it and decide the value as IEEE 754 has it: one sign of infinity wins, both or a NaN make NaN.
 */
export class ExactSum {
  #total = 0n;
  #nan = 0;
  #positive = 0;
  #negative = 0;

  static of(values: Iterable<number>): ExactSum {
    const sum = new ExactSum();
    for (const value of values) sum.add(value);
    return sum;
  }

  add(value: number): void {
    if (Number.isFinite(value)) this.#total += toFixed(value, fractionBits);
    else if (Number.isNaN(value)) this.#nan++;
    else if (value > 0) this.#positive++;
    else this.#negative++;
  }

  merge(other: ExactSum): void {
    this.#total += other.#total;
    this.#nan += other.#nan;
    this.#positive += other.#positive;
    this.#negative += other.#negative;
  }

  /** How many numbers were infinite or NaN. */
  get nonFinite(): number {
    return this.#nan + this.#positive + this.#negative;
  }

  /** The sum, correctly rounded; an exact zero is +0. */
  value(): number {
    if (this.#nan > 0 || (this.#positive > 0 && this.#negative > 0)) return NaN;
    if (this.#positive > 0) return Infinity;
    if (this.#negative > 0) return -Infinity;
    return fromFixed(this.#total, fractionBits);
  }

  clear(): void {
    this.#total = 0n;
    this.#nan = this.#positive = this.#negative = 0;
  }

  /** The state as a JSON value: equal sums have equal states, however they came about. */
  toJSON(): ExactSumState {
    return {
      total: `${this.#total < 0n ? "-" : ""}0x${(this.#total < 0n ? -this.#total : this.#total).toString(16)}`,
      nan: this.#nan,
      positive: this.#positive,
      negative: this.#negative,
    };
  }

  static fromJSON({ total, nan, positive, negative }: ExactSumState): ExactSum {
    const sum = new ExactSum();
    sum.#total = total.startsWith("-") ? -BigInt(total.slice(1)) : BigInt(total);
    sum.#nan = nan;
    sum.#positive = positive;
    sum.#negative = negative;
    return sum;
  }
}

/** `total` is the sum in units of 2⁻¹⁰⁷⁴, hexadecimal. */
export interface ExactSumState {
  readonly total: string;
  readonly nan: number;
  readonly positive: number;
  readonly negative: number;
}

const fractionBits = 1074;
