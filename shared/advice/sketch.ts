/**
 * Where numbers lie, to 1 part in 256, in a sketch that merges exactly.
 *
 *     sketch(A) + sketch(B) = sketch(A ∪ B)        in any order and grouping, bit for bit
 *
 * A bin is a sign, an exponent and the first 8 bits of the mantissa of a float64: the numbers of one bin differ by less than
 * 2⁻⁸ of their size. A quantile is the edge of its bin nearer to 0, so it is at most 0.4 % too near to 0, at any size, and
 * exact for whole numbers up to 512. No logarithm decides a bin: alike on every machine. Memory: 256 bins for each doubling.
 *
 * Source: the bins are those of HdrHistogram (Tene) and, with another base, of DDSketch (Masson, Rim & Lee, 2019).
 */
export type SketchState = readonly (readonly [bin: number, count: number])[];

export class Sketch {
  readonly #bins = new Map<number, number>();
  #count = 0;

  static of(values: Iterable<number>): Sketch {
    const sketch = new Sketch();
    for (const value of values) sketch.add(value);
    return sketch;
  }

  static fromJSON(state: SketchState): Sketch {
    const sketch = new Sketch();
    for (const [bin, count] of state) sketch.#put(bin, count);
    return sketch;
  }

  add(value: number, times = 1): void {
    this.#put(binOf(value), times);
  }

  merge(other: Sketch): void {
    for (const [bin, count] of other.#bins) this.#put(bin, count);
  }

  get count(): number {
    return this.#count;
  }

  /** The number that a share q of all do not exceed; the ⌈q·n⌉-th of n in order. NaN of none. */
  quantile(q: number): number {
    const rank = Math.max(1, Math.ceil(q * this.#count));
    let seen = 0;
    for (const [value, count] of this.entries()) {
      seen += count;
      if (seen >= rank) return value;
    }
    return NaN;
  }

  /** How many numbers of each bin, from the least; a bin by its edge nearer to 0. */
  entries(): (readonly [value: number, count: number])[] {
    return this.toJSON().map(([bin, count]) => [edgeOf(bin), count]);
  }

  /** The absolute distances of all numbers from `center`, each to within its own bin. */
  distances(center: number): Sketch {
    const distances = new Sketch();
    for (const [value, count] of this.entries()) distances.#put(binOf(Math.abs(value - center)), count);
    return distances;
  }

  /** Equal sketches have equal states, however they came about. */
  toJSON(): SketchState {
    return [...this.#bins].sort(([a], [b]) => a - b);
  }

  #put(bin: number, count: number): void {
    this.#bins.set(bin, (this.#bins.get(bin) ?? 0) + count);
    this.#count += count;
  }
}

/** The upper 19 bits below the sign, and the sign as that of the bin; 0 and what is smaller than 2⁻¹⁰²² are the bin 0. */
function binOf(value: number): number {
  word[0] = Math.abs(value);
  const bin = words[1]! >>> 12;
  return bin < 256 ? 0 : value < 0 ? -bin : bin;
}

function edgeOf(bin: number): number {
  words[0] = 0;
  words[1] = Math.abs(bin) << 12;
  return bin < 0 ? -word[0]! : word[0]!;
}

const word = new Float64Array(1);
const words = new Uint32Array(word.buffer); // little-endian, as WebAssembly is
