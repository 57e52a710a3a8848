/**
 * A generative adversarial network: two players in one model, each with parameters of its own, `generator/*` and
 * `discriminator/*`. The heads are what losses need of the game; an experiment names those it uses.
 *
 *     both    [batch, 2]      D(x), D(G(z))                  gan-discriminator, with targets 1 and 0, on discriminator/*
 *     made    [batch, 1]      D(G(z))                        gan-generator, on generator/*
 *     slope   [batch, width]  ∇D at u·x + (1 − u)·G(z)       gradient-penalty, on discriminator/*
 *     sample  [batch, width]  G(z)                           what is wanted in the end
 *
 * z is uniform in [−1, 1)^latent and u in [0, 1), drawn for each example and step; where nothing is drawn (evaluation,
 * prediction) they are a fixed sequence that covers the cube evenly, so that a trained generator shows what it has learned.
 *
 * Source  Goodfellow et al. (2014); Gulrajani et al. (2017) for the slope
 */
import { z } from "zod";
import { unknownName } from "../errors.ts";
import { add, concatenate, constant, flatten, multiply, subtract, sumAll } from "../graph/build.ts";
import { gradient } from "../graph/gradient.ts";
import type { Node } from "../graph/graph.ts";
import { activations, dense } from "./layers.ts";
import { defineModel, type Place } from "./model.ts";

const activation = z.enum(["relu", "tanh", "sigmoid", "gelu", "none"]);
const player = z.strictObject({ units: z.array(z.int().min(1)).default([16]), activation: activation.default("tanh") });
type Player = z.output<typeof player>;

export const gan = defineModel({
  name: "gan",
  options: z.strictObject({
    latent: z.int().min(1).default(2),
    generator: player.prefault({}),
    discriminator: player.prefault({}),
  }),
  build(place, options, heads) {
    const real = flatten(place.feature("table"));
    const width = real.shape[1]!;
    const drawn = (size: number): Node => (place.training ? place.uniform(size) : evenly(place.batch, size));
    const latent = subtract(multiply(2, drawn(options.latent)), 1);
    const made = network(place.at("generator"), latent, options.generator, width);
    const judge = (x: Node): Node => network(place.at("discriminator"), x, options.discriminator, 1);
    const known: Readonly<Record<string, () => Node>> = {
      both: () => concatenate([judge(real), judge(made)], 1),
      made: () => judge(made),
      slope: () => {
        const between = add(made, multiply(drawn(1), subtract(real, made)));
        return gradient(sumAll(judge(between)), [between])[0]!; // a row's value depends on that row alone
      },
      sample: () => made,
    };
    const built = Object.keys(heads).map((name) => {
      const head = known[name];
      if (head === undefined) throw unknownName("head of a gan", name, Object.keys(known));
      return [name, head()] as const;
    });
    return Object.fromEntries(built);
  },
});

/** Dense layers with their activation, and an affine one upon them. */
function network(place: Place, x: Node, { units, activation: name }: Player, outputs: number): Node {
  const activate = activations[name];
  const hidden = units.reduce((below, width, i) => activate(dense(place.at(String(i)), below, width)), x);
  return dense(place.at(String(units.length)), hidden, outputs);
}

/** [batch, size]: multiples of the square roots of primes, modulo 1 — Weyl's sequence, even in the cube. */
function evenly(batch: number, size: number): Node {
  const primes = firstPrimes(size);
  const rows = Array.from({ length: batch }, (_, row) => primes.map((p) => ((row + 1) * Math.sqrt(p)) % 1));
  return constant(rows.flat(), [batch, size]);
}

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((p) => n % p !== 0)) primes.push(n);
  return primes;
}
