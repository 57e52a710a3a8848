/**
 * Privacy that a client keeps by itself, so that nobody has to be trusted with more than what leaves it.
 *
 *     local      the change of the model, shortened to C, with N(0, (zC)²) on each of its numbers: whatever the client's rows are
 *     dp-sgd     every local step: rows drawn one by one with q = B/n, each one's slope shortened to C, N(0, (zC/B)²) on their sum over B
 *
 * Noise and draws come from a secret of the client and from what it is asked: the same task gives the same answer, bit for bit, on any
 * machine and after any crash, and another one has noise of its own. In a simulation every client's secret comes from the run's.
 *
 * Source  Kasiviswanathan et al. (2008) for local privacy; Abadi et al. (2016), Deep Learning with Differential Privacy, algorithm 1
 */
import { createHash, createHmac } from "node:crypto";
import type { Experiment } from "../experiment/schema.ts";
import type { TrainTask } from "../protocol/task.ts";

/** What a client promises itself, by its own reading of the experiment. */
export type Discretion =
  | {
      readonly mechanism: "local";
      readonly noiseMultiplier: number;
      readonly clipNorm: number;
      readonly rounds: number;
    }
  | {
      readonly mechanism: "dp-sgd";
      readonly noiseMultiplier: number;
      readonly clipNorm: number;
      readonly rounds: number;
      /** Local steps of each round. */
      readonly steps: number;
      readonly batchSize: number | "full";
    };

/** Undefined where the experiment leaves it to the coordinator, or to nobody. */
export function discretionOf({
  privacy,
  federation,
}: Pick<Experiment, "privacy" | "federation">): Discretion | undefined {
  if (privacy === undefined || privacy.mechanism === "central" || federation.mode !== "update") return undefined;
  const { noiseMultiplier } = privacy;
  const { rounds, clip, local } = federation;
  const clipNorm = privacy.mechanism === "local" ? clip.perClient! : clip.perExample!; // privacy-checks.ts has made sure of them …
  if (privacy.mechanism === "local") return { mechanism: "local", noiseMultiplier, clipNorm, rounds };
  const steps = local.steps!; // … and of this
  return { mechanism: "dp-sgd", noiseMultiplier, clipNorm, rounds, steps, batchSize: local.batchSize };
}

/** A client's own secret, where all clients are of one machine. */
export const secretOfClient = (secret: Uint8Array, client: string): Uint8Array =>
  Uint8Array.from(
    createHmac("sha256", secret)
      .update(JSON.stringify(["client", client]))
      .digest(),
  );

/** What a training task asks, in a few bytes: any two tasks whose answers might differ have different ones. */
export function digestOf(
  { round, parameters, learningRate, totals, weights, epochs }: TrainTask,
  client: string,
): string {
  const { buffer, byteOffset, byteLength } = parameters;
  const words = [client, round, learningRate, totals, weights ?? null, epochs?.get(client) ?? null];
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  return createHash("sha256").update(JSON.stringify(words)).update(bytes).digest("hex");
}

/** What the noise and the draws of one answer come from. */
export const secretOfTask = (secret: Uint8Array, digest: string): Uint8Array =>
  Uint8Array.from(createHmac("sha256", secret).update(digest).digest());
