/**
 * The discrete Fourier transform of a power of two of complex numbers, in place: Cooley & Tukey's, radix 2, with every twiddle computed
 * by itself.
 *
 *     X_k = Σⱼ x_j·e^(−2πijk/n)        backwards: +, and 1/n
 *
 * Cost  5·n·log₂ n flops. The error is some 2⁻⁵³·log₂ n of the largest number.
 */
import { cos, sin } from "../kernels/math.ts";

export class Fourier {
  readonly size: number;
  readonly #cosines: Float64Array;
  readonly #sines: Float64Array;

  /** For so many numbers, a power of two. */
  constructor(size: number) {
    this.size = size;
    const turn = (-2 * Math.PI) / size;
    this.#cosines = new Float64Array(size / 2);
    this.#sines = new Float64Array(size / 2);
    for (let k = 0; k < size / 2; k++) {
      this.#cosines[k] = cos(k * turn);
      this.#sines[k] = sin(k * turn);
    }
  }

  forward(real: Float64Array, imaginary: Float64Array): void {
    this.#reorder(real, imaginary);
    const n = this.size;
    for (let width = 1; width < n; width *= 2) {
      const stride = n / (2 * width);
      for (let start = 0; start < n; start += 2 * width) {
        for (let k = 0; k < width; k++) {
          const c = this.#cosines[k * stride]!;
          const s = this.#sines[k * stride]!;
          const a = start + k;
          const b = a + width;
          const re = real[b]! * c - imaginary[b]! * s;
          const im = real[b]! * s + imaginary[b]! * c;
          real[b] = real[a]! - re;
          imaginary[b] = imaginary[a]! - im;
          real[a] = real[a]! + re;
          imaginary[a] = imaginary[a]! + im;
        }
      }
    }
  }

  backward(real: Float64Array, imaginary: Float64Array): void {
    this.forward(imaginary, real); // the two swapped turn the other way round
    for (let k = 0; k < this.size; k++) {
      real[k] = real[k]! / this.size;
      imaginary[k] = imaginary[k]! / this.size;
    }
  }

  /** Into the order of reversed bits. */
  #reorder(real: Float64Array, imaginary: Float64Array): void {
    const n = this.size;
    for (let i = 1, j = 0; i < n; i++) {
      let bit = n >> 1;
      for (; j & bit; bit >>= 1) j ^= bit;
      j ^= bit;
      if (i >= j) continue;
      swap(real, i, j);
      swap(imaginary, i, j);
    }
  }
}

function swap(vector: Float64Array, i: number, j: number): void {
  const before = vector[i]!;
  vector[i] = vector[j]!;
  vector[j] = before;
}
