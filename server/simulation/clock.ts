import { exp } from "../../shared/kernels/math.ts";
import type { ClockConfig } from "../../shared/experiment/simulated.ts";
import type { Random } from "../../shared/random.ts";
import type { Clock } from "../round/clock.ts";

/** The clock that an experiment declares, drawn client by client by name; without one all take a second. */
export function clockOf(config: ClockConfig | undefined, random: Random): Clock {
  if (config === undefined) return () => 1;
  const usual = (client: string): number =>
    config.kind === "declared"
      ? (config.seconds[client] ?? config.otherwise)
      : config.median * exp(config.sigma * random.fork("usual", client).normal());
  return (client, round) =>
    usual(client) * (config.jitter === 0 ? 1 : exp(config.jitter * random.fork("round", round, client).normal()));
}
