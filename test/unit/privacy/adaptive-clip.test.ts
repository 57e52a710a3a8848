/** The adaptive clip, against trajectories of others (test/golden/privacy), and its laws. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { nextClip, noisyShare, splitNoise } from "../../../shared/privacy/adaptive-clip.ts";

interface Case {
  readonly id: string;
  readonly kind: string;
  readonly input: {
    readonly records: readonly number[] | string;
    readonly initial_clip: number | readonly number[];
    readonly target_quantile: number;
    readonly learning_rate: number;
    readonly geometric: boolean | readonly boolean[];
    readonly z: number;
    readonly sigma_b: number;
  };
  readonly expect: {
    readonly clips: readonly number[];
    readonly sums: readonly number[];
    readonly clip: number;
    readonly after_rounds: number;
    readonly z_delta: number;
  };
  readonly tolerance: { readonly abs: number };
}

const file = join(import.meta.dirname, "../../golden/privacy/privacy.json");
const all = (JSON.parse(readFileSync(file, "utf8")) as { cases: readonly Case[] }).cases;
const known = ["adaptive_clip", "adaptive_clip_converges", "noise_split"];
const cases = all.filter(({ kind }) => known.includes(kind));

/** Rounds in which everybody takes part, without noise: the clip after each, and the sum of that round. */
function rounds(
  records: readonly number[],
  start: number,
  { target_quantile, learning_rate }: Case["input"],
  geometric: boolean,
  count: number,
) {
  let clip = start;
  return Array.from({ length: count }, () => {
    const sum = records.reduce((total, x) => total + Math.sign(x) * Math.min(Math.abs(x), clip), 0);
    const unclipped = records.filter((x) => Math.abs(x) <= clip).length;
    const share = noisyShare(unclipped, records.length, 0, records.length);
    clip = nextClip(clip, share, { quantile: target_quantile, learningRate: learning_rate, geometric });
    return { clip, sum };
  });
}

test.each(cases)("$id: $kind", (one) => {
  const { kind, input, expect: wanted, tolerance } = one;
  const near = (found: number, published: number): void => {
    expect(Math.abs(found - published), `${String(found)}, published ${String(published)}`).toBeLessThanOrEqual(tolerance.abs); // prettier-ignore
  };
  if (kind === "noise_split") {
    near(splitNoise(input.z, input.sigma_b) ?? NaN, wanted.z_delta);
    return;
  }
  const records = typeof input.records === "string" ? Array.from({ length: 21 }, (_, i) => i / 2) : input.records;
  for (const start of [input.initial_clip].flat())
    for (const geometric of [input.geometric].flat()) {
      const found = rounds(
        records,
        start,
        input,
        geometric,
        kind === "adaptive_clip" ? wanted.clips.length : wanted.after_rounds,
      );
      if (kind === "adaptive_clip_converges") near(found.at(-1)?.clip ?? NaN, wanted.clip);
      else
        found.forEach(({ clip, sum }, i) => {
          near(clip, wanted.clips[i]!);
          near(sum, wanted.sums[i]!);
        });
    }
});

describe("its laws", () => {
  test("both noises together cost what z does; a count that is too quiet leaves none", () => {
    const [z, count] = [0.7, 0.5];
    const own = splitNoise(z, count)!;
    expect(1 / (own * own) + 1 / (4 * count * count)).toBeCloseTo(1 / (z * z), 12);
    expect(splitNoise(1, 0.5)).toBeUndefined();
    expect(splitNoise(1, 0.51)).toBeGreaterThan(1);
  });

  test("from 0.1 to a median of 1, at the paper's rates, takes some 40 rounds", () => {
    const norms = Array.from({ length: 101 }, (_, i) => 0.5 + i / 100);
    const input = { target_quantile: 0.5, learning_rate: 0.2 } as Case["input"];
    const found = rounds(norms, 0.1, input, true, 60).map(({ clip }) => clip);
    const first = found.findIndex((clip) => clip > 0.9) + 1;
    expect(first).toBeGreaterThan(20);
    expect(first).toBeLessThan(45);
    expect(found.at(-1)).toBeCloseTo(1, 1);
  });

  test("an arithmetic clip never goes below 0", () => {
    expect(nextClip(0.1, 1, { quantile: 0, learningRate: 1, geometric: false })).toBe(0);
  });
});
