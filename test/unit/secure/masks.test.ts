import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { agree, isSignedBy, publicOf, seal, signWith, unseal } from "../../../shared/secure/keys.ts";
import { addMask } from "../../../shared/secure/masks.ts";

const seedOf = (n: number): Uint8Array => new Uint8Array(createHash("sha256").update(String(n)).digest());
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));

describe("masks", () => {
  test("what one adds the other subtracts, to the bit, whatever the length", () => {
    for (const length of [0, 1, 5, 16_384, 16_385, 40_000]) {
      const ring = Int32Array.from({ length }, (_, i) => Math.imul(i, 0x9e3779b1));
      const masked = ring.slice();
      addMask(masked, seedOf(1), "a", 1);
      expect(masked.some((word, i) => word !== ring[i])).toBe(length > 0);
      addMask(masked, seedOf(1), "a", -1);
      expect(masked.every((word, i) => word === ring[i])).toBe(true);
    }
  });

  test("of another purpose or another secret have nothing in common", () => {
    const of = (secret: number, info: string): Int32Array => {
      const ring = new Int32Array(4096);
      addMask(ring, seedOf(secret), info, 1);
      return ring;
    };
    const mask = of(1, "a");
    for (const other of [of(1, "b"), of(2, "a")]) expect(other.some((word, i) => word === mask[i])).toBe(false);
  });

  test("set every bit of a word half of the time", () => {
    const ring = new Int32Array(100_000);
    addMask(ring, seedOf(3), "bits", 1);
    for (let bit = 0; bit < 32; bit++) {
      const share = ring.reduce((count, word) => count + ((word >>> bit) & 1), 0) / ring.length;
      expect(Math.abs(share - 0.5)).toBeLessThan(0.008); // five standard errors
    }
  });
});

describe("keys", () => {
  test("agree as RFC 7748, §6.1, and are made as RFC 8032, §7.1, says", () => {
    const bob = hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    const alice = hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    expect(publicOf("x25519", bob)).toEqual(hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"));
    expect(agree(bob, alice)).toEqual(hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"));
    const signer = hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
    expect(publicOf("ed25519", signer)).toEqual(
      hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
    );
  });

  test("are the same from both ends, and others for others", () => {
    const [a, b, c] = [seedOf(1), seedOf(2), seedOf(3)];
    expect(agree(a, publicOf("x25519", b))).toEqual(agree(b, publicOf("x25519", a)));
    expect(agree(a, publicOf("x25519", c))).not.toEqual(agree(a, publicOf("x25519", b)));
  });

  test("of small order agree on nothing", () => {
    expect(() => agree(seedOf(1), new Uint8Array(32))).toThrow();
  });

  test("sign what nobody else can sign", () => {
    const identity = publicOf("ed25519", seedOf(1));
    const signature = signWith(seedOf(1), "statement");
    expect(isSignedBy(identity, "statement", signature)).toBe(true);
    expect(isSignedBy(identity, "Statement", signature)).toBe(false);
    expect(isSignedBy(publicOf("ed25519", seedOf(2)), "statement", signature)).toBe(false);
    expect(isSignedBy(identity.subarray(1), "statement", signature)).toBe(false);
  });

  test("seal for one purpose; what was changed on its way does not open", () => {
    const common = seedOf(5);
    const sealed = seal(common, "a to b", Uint8Array.of(1, 2, 3));
    expect(unseal(common, "a to b", sealed)).toEqual(Uint8Array.of(1, 2, 3));
    expect(unseal(common, "b to a", sealed)).toBeUndefined();
    expect(unseal(common, "a to b", sealed.with(0, sealed[0]! ^ 1))).toBeUndefined();
    expect(unseal(common, "a to b", sealed.subarray(0, 5))).toBeUndefined();
  });
});
