/** What an experiment promises the rows of a client, by the client's own account. */
import type { Experiment } from "../../shared/experiment/schema.ts";
import { discretionOf } from "../../shared/privacy/discretion.ts";
import { holderOf, spentAfter } from "../../shared/privacy/privacy.ts";
import type { Proposal } from "./consent.ts";

export type Promised = Pick<Proposal, "epsilon" | "ownNoise">;

/** Of all its rounds together. Where a worker has several clients, the one it costs most counts. */
export function promisedBy(experiment: Experiment, trainRows: number, before: Promised): Promised {
  const epsilon = spentAfter(experiment.federation.rounds, experiment, holderOf([trainRows]))?.epsilon;
  const ownNoise = discretionOf(experiment) !== undefined;
  return epsilon === undefined ? { ownNoise } : { ownNoise, epsilon: Math.max(epsilon, before.epsilon ?? 0) };
}
