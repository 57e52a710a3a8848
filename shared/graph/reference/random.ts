import type { Compute } from "./tensor.ts";
import { compute } from "./tensor.ts";

type Words = readonly [number, number, number, number];

/** Philox4x32-10: four words for a counter and a key. Source: Salmon et al. (2011). */
export function philox(counter: Words, key: readonly [number, number]): Words {
  let [a, b, c, d] = counter;
  let [low, high] = key;
  for (let round = 0; round < 10; round++) {
    const [first, third] = [product(0xd2511f53, a), product(0xcd9e8d57, c)];
    [a, b, c, d] = [third.high ^ b ^ low, third.low, first.high ^ d ^ high, first.low];
    [low, high] = [low + 0x9e3779b9, high + 0xbb67ae85];
  }
  return [a >>> 0, b >>> 0, c >>> 0, d >>> 0];
}

/** The two words of a 64-bit product. */
function product(x: number, y: number): { high: number; low: number } {
  const wide = BigInt(x) * BigInt(y >>> 0);
  return { high: Number(wide >> 32n), low: Number(wide & 0xffffffffn) };
}

export const random = {
  randomUniform: compute<{ size: number; salt: number }>((y, { size, salt }, keys, step) => {
    keys.data.forEach((key, row) => {
      for (let j = 0; j < size; j++) {
        const words = philox([Math.floor(j / 4), key, step.data[0]!, 0], [salt, 0]);
        y.data[row * size + j] = (words[j % 4]! >>> 8) / 0x1000000;
      }
    });
  }),
} satisfies Record<string, Compute>;
