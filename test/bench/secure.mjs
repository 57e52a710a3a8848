// What secure sums cost a client and the coordinator in one round, in ms of CPU: `node test/bench/secure.mjs [clients] [millions of parameters]`.
import { randomBytes } from "node:crypto";
import { Random } from "../../dist/shared/random.js";
import { deal, receive, sha256 } from "../../dist/shared/secure/dealt.js";
import { agree, isSignedBy, publicOf, signWith } from "../../dist/shared/secure/keys.js";
import { addMask } from "../../dist/shared/secure/masks.js";
import { addRing, dequantize, quantize } from "../../dist/shared/secure/ring.js";
import { thresholdOf } from "../../dist/shared/secure/session.js";
import { combineShares, splitSecret } from "../../dist/shared/secure/shamir.js";

const clients = Number(process.argv[2] ?? 8);
const size = Number(process.argv[3] ?? 1) * 1_000_000;
const t = thresholdOf(2 / 3, clients);
const levels = { clip: 1, levels: 4_194_304, largestWeight: 1 };

/** The least of five times, in ms of CPU. */
function cost(work) {
  let least = Infinity;
  for (let time = 0; time < 5; time++) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return Number(least.toFixed(1));
}

const seeds = Array.from({ length: clients }, () => new Uint8Array(randomBytes(32)));
const publics = seeds.map((seed) => publicOf("x25519", seed));
const identities = seeds.map((seed) => publicOf("ed25519", seed));
const signatures = seeds.map((seed) => signWith(seed, "keys"));
const split = (secret) =>
  splitSecret(secret, { threshold: t, count: clients, coefficients: new Uint8Array(randomBytes((t - 1) * 32)) });
const random = Random.seeded(1);
const vector = Float32Array.from({ length: size }, () => random.uniform() - 0.5);
const ring = new Int32Array(size);
const sum = new Int32Array(size);

const client = {
  keys: cost(() => {
    for (const seed of [seeds[0], seeds[1]]) publicOf("x25519", seed);
    signWith(seeds[0], "keys");
  }),
  shares: cost(() => {
    identities.forEach((identity, i) => isSignedBy(identity, "keys", signatures[i]));
    const [selves, maskings] = [split(seeds[0]), split(seeds[1])];
    for (let i = 1; i < clients; i++) {
      const common = agree(seeds[0], publics[i]);
      receive(common, "x", deal(common, "x", { self: selves[i], masking: maskings[i] }));
    }
  }),
  levels: cost(() => quantize(vector, 1, levels, random.fork("levels"), ring)),
  masks: cost(() => {
    addMask(ring, seeds[0], "self", 1);
    for (let i = 1; i < clients; i++) addMask(ring, agree(seeds[0], publics[i]), "pair", 1);
  }),
};
const shares = split(seeds[0]).map((bytes, i) => ({ x: i + 1, bytes }));
/** @param left how many dealers left before their answer came */
const unmask = (left) =>
  cost(() => {
    for (let i = 0; i < clients; i++) sha256(combineShares(shares.slice(0, t)));
    for (let i = left; i < clients; i++) addMask(sum, seeds[i], "self", -1);
    for (let gone = 0; gone < left; gone++)
      for (let i = left; i < clients; i++) addMask(sum, agree(seeds[gone], publics[i]), "pair", -1);
    dequantize(sum, levels);
  });
const coordinator = {
  add: cost(() => {
    for (let i = 0; i < clients; i++) addRing(sum, ring);
  }),
  unmask: unmask(0),
  "unmask, one left": unmask(1),
};
console.log(JSON.stringify({ clients, parameters: size, threshold: t, client, coordinator }));
