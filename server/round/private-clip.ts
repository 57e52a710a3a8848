/** What a private round's changes are shortened to: the same in every round, or moved by a noisy count of those who were not. */
import { countNoiseOf, expectedClientsOf } from "../../shared/experiment/privacy.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { nextClip, noisyShare } from "../../shared/privacy/adaptive-clip.ts";
import { addNoise } from "../../shared/privacy/noise.ts";
import type { LearningParts, RunState } from "./learning-parts.ts";

/** The bound of the round that begins in this state; undefined where none is adaptive. */
export function clipIn({ model }: RunState, { privacy, federation }: Experiment): number | undefined {
  return privacy?.adaptiveClip && (model.clients?.clipNorm ?? federation.clip.perClient);
}

/** The bound of the next one, after a round of so many, some of whom were shortened. */
export function clipAfter(
  before: RunState,
  { experiment, secret }: Pick<LearningParts, "experiment" | "secret">,
  { took, clipped }: { readonly took: number; readonly clipped: number },
): number | undefined {
  const { privacy } = experiment;
  const clip = clipIn(before, experiment);
  if (privacy?.adaptiveClip === undefined || clip === undefined || secret === undefined) return undefined; // without a secret there was no sum
  const noise = new Float64Array(1);
  addNoise(noise, countNoiseOf(privacy), secret, before.model.version + 1, "count");
  const share = noisyShare(took - clipped, took, noise[0]!, expectedClientsOf(privacy));
  return nextClip(clip, share, privacy.adaptiveClip);
}
