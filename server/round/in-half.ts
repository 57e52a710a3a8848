/**
 * A round whose messages travel in 16 bits. The coordinator keeps the model in full and sends it rounded; updates come back rounded
 * at the loss scale, which belongs to the run's state: the same bits after a resumption.
 */
import type { FederationConfig } from "../../shared/experiment/federation.ts";
import { nextScale, type LossScale, type LossScaleSpec } from "../../shared/updates/loss-scale.ts";
import { travel } from "../../shared/updates/transport.ts";
import { diverged } from "./diverged.ts";

/** How the loss scale moves; undefined where nothing is scaled. */
export function scaleSpecOf({ transport }: FederationConfig): LossScaleSpec | undefined {
  if (transport === undefined || transport.lossScale === "none") return undefined;
  return transport.lossScale;
}

/** The model as clients receive it. Throws "diverged" when a number of it does not fit. */
export function sentModel(parameters: Float64Array, { transport }: FederationConfig, round: number): Float64Array {
  if (transport === undefined) return parameters;
  const sent = parameters.slice();
  if (travel(sent, transport.dtype) === 0) return sent;
  const largest = parameters.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  throw diverged(round, `a parameter of size ${largest} does not fit ${transport.dtype}`);
}

/** The scale of the next round. Throws "diverged" when every scale has been tried. */
export function scaleAfter(
  scale: LossScale | undefined,
  federation: FederationConfig,
  overflowed: boolean,
  round: number,
): LossScale | undefined {
  const spec = scaleSpecOf(federation);
  if (scale === undefined || spec === undefined) return undefined;
  const next = nextScale(scale, spec, overflowed);
  if (next === undefined) throw diverged(round, "an update is not finite at any loss scale");
  return next;
}
