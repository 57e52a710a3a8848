import { describe, expect, test } from "vitest";
import { fromBfloat16, fromFloat16, roundToHalf, toBfloat16, toFloat16 } from "../../../shared/tensor/half.ts";

describe.each([
  ["float16", fromFloat16, 0x7c00, 0x8000],
  ["bfloat16", fromBfloat16, 0x7f80, 0x8000],
] as const)("rounding to %s", (format, widen, infinity, sign) => {
  test("keeps each of its numbers, of either sign, and what is not finite", () => {
    for (let bits = 0; bits <= infinity; bits++) {
      if (roundToHalf(widen(bits), format) !== widen(bits)) expect.fail(`0x${bits.toString(16)}`);
      if (!Object.is(roundToHalf(widen(bits | sign), format), widen(bits | sign)))
        expect.fail(`−0x${bits.toString(16)}`);
    }
    expect(roundToHalf(NaN, format)).toBeNaN();
  });

  test("takes the nearer of two neighbours, and the even one from the middle", () => {
    for (let bits = 0; bits < infinity - 1; bits++) {
      const [low, high] = [widen(bits), widen(bits + 1)];
      const middle = (low + high) / 2;
      const even = bits % 2 === 0 ? low : high;
      const [below, above] = [low + (high - low) * 0.499, low + (high - low) * 0.501];
      const rounded = [below, middle, above].map((x) => roundToHalf(x, format));
      if (rounded[0] !== low || rounded[1] !== even || rounded[2] !== high)
        expect.fail(`0x${bits.toString(16)}: ${String(rounded)}`);
    }
  });

  test("is infinite from half a step beyond the largest", () => {
    const largest = widen(infinity - 1);
    const half = (largest - widen(infinity - 2)) / 2;
    expect(roundToHalf(largest + half * 0.999, format)).toBe(largest);
    expect(roundToHalf(largest + half, format)).toBe(Infinity);
    expect(roundToHalf(-largest - half, format)).toBe(-Infinity);
  });
});

test("float16 ends at 65504 and begins at 2⁻²⁴", () => {
  expect([roundToHalf(65519, "float16"), roundToHalf(65520, "float16")]).toEqual([65504, Infinity]);
  expect([roundToHalf(2 ** -25, "float16"), roundToHalf(2 ** -24.9, "float16")]).toEqual([0, 2 ** -24]);
});

test.each([
  ["float16", fromFloat16, toFloat16],
  ["bfloat16", fromBfloat16, toBfloat16],
] as const)("each of the 65,536 bit patterns of %s is packed as it was widened", (_name, widen, pack) => {
  for (let bits = 0; bits < 0x1_0000; bits++) {
    const x = widen(bits);
    if (Number.isNaN(x) ? !Number.isNaN(widen(pack(x))) : pack(x) !== bits)
      expect.fail(`0x${bits.toString(16)}: ${x} became 0x${pack(x).toString(16)}`);
  }
});
