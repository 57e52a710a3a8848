import { describe, expect, test } from "vitest";
import { combineShares, divide, multiply, splitSecret, type Share } from "../../../shared/secure/shamir.ts";
import { drawOf, seed } from "../../support/draw.ts";

const draw = drawOf(seed, "odd");
const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => draw.integer(0, 255));
const sharesOf = (secret: Uint8Array, threshold: number, count: number): Share[] =>
  splitSecret(secret, { threshold, count, coefficients: bytes((threshold - 1) * secret.length) }).map((own, i) => ({
    x: i + 1,
    bytes: own,
  }));

describe(`the field of 256 (seed ${String(seed)})`, () => {
  test("multiplies as AES does: 57·83 = c1, 57·13 = fe (FIPS 197, §4.2)", () => {
    expect(multiply(0x57, 0x83)).toBe(0xc1);
    expect(multiply(0x57, 0x13)).toBe(0xfe);
  });

  test("divides what it has multiplied, for every pair", () => {
    const wrong: string[] = [];
    for (let a = 0; a < 256; a++)
      for (let b = 1; b < 256; b++) if (divide(multiply(a, b), b) !== a) wrong.push(`${String(a)}, ${String(b)}`);
    expect(wrong).toEqual([]);
  });
});

describe(`shares of a secret (seed ${String(seed)})`, () => {
  test.each([
    [1, 1],
    [2, 3],
    [3, 5],
    [43, 64],
    [255, 255],
  ])("any %i of %i give it back, in any order", (threshold, count) => {
    const secret = bytes(32);
    const shares = sharesOf(secret, threshold, count);
    for (let trial = 0; trial < 5; trial++)
      expect(combineShares(draw.shuffle(shares).slice(0, threshold))).toEqual(secret);
    expect(combineShares(shares)).toEqual(secret);
  });

  test("one too few fit every secret there is: with each guess of a byte goes one last share", () => {
    const [threshold, count] = [3, 5];
    const known = sharesOf(Uint8Array.of(0xa7), threshold, count).slice(0, threshold - 1);
    const guesses = new Set<number>();
    for (let last = 0; last < 256; last++)
      guesses.add(combineShares([...known, { x: 5, bytes: Uint8Array.of(last) }])[0]!);
    expect(guesses.size).toBe(256);
  });

  test("a wrong share gives another secret", () => {
    const secret = bytes(32);
    const [first, second, third] = sharesOf(secret, 3, 5) as [Share, Share, Share];
    const wrong = { x: 3, bytes: third.bytes.with(0, third.bytes[0]! ^ 1) };
    expect(combineShares([first, second, wrong])).not.toEqual(secret);
  });

  test("refuse a threshold that is none, coefficients that are too few, and two shares of one number", () => {
    const secret = bytes(4);
    expect(() => splitSecret(secret, { threshold: 4, count: 3, coefficients: bytes(12) })).toThrow(/got 4 of 3/);
    expect(() => splitSecret(secret, { threshold: 1, count: 256, coefficients: bytes(0) })).toThrow(/at most 255/);
    expect(() => splitSecret(secret, { threshold: 3, count: 3, coefficients: bytes(4) })).toThrow(/Expected 8 bytes/);
    const share = { x: 1, bytes: secret };
    expect(() => combineShares([share, share])).toThrow(/different numbers/);
    expect(() => combineShares([])).toThrow(/got none/);
  });
});
