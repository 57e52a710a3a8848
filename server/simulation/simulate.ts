/**
 * A simulation: the coordinator over a fleet of threads, with every client's data on this machine.
 *
 *     const { modelHash, metrics } = await simulate(experiment, { threads: 2, out: "runs/heart-1" });
 *
 * setting (data, programs, memory) → threads → the run (`run/carry-out.ts`). The same experiment and seed give the same model, bit for
 * bit, for any number of threads, and after any interruption and resumption.
 */
import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { TributaryError } from "../../shared/errors.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { discretionOf } from "../../shared/privacy/discretion.ts";
import { Random } from "../../shared/random.ts";
import { simulatedRun } from "../../shared/secure/session.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { ThreadFleet, type ThreadFleetOptions } from "../fleet/threads.ts";
import type { RunState } from "../round/learning-parts.ts";
import type { Adjustment } from "../run/adjustment.ts";
import { carryOut } from "../run/carry-out.ts";
import { mustHaveOwnModels } from "../run/personal-models.ts";
import type { RunResult } from "../run/result.ts";
import { RunDirectory } from "../store/run-directory.ts";
import { createLogger, logLevel } from "../telemetry/logger.ts";
import { AttackedFleet } from "./attacked-fleet.ts";
import { clockOf } from "./clock.ts";
import { IntermittentFleet } from "./intermittent-fleet.ts";
import { giveBack, keptIn } from "./kept.ts";
import type { Simulate, SimulateOptions } from "./options.ts";
import { settingOf } from "./setting.ts";

export const simulate: Simulate = (experiment, options = {}) =>
  simulateOver((clients) => new ThreadFleet(clients), experiment, options);

/** The same over any fleet that can hold these clients: tests answer in another order, or lose someone on the way. */
export async function simulateOver(
  openFleet: (clients: ThreadFleetOptions) => Fleet,
  given: Experiment,
  options: SimulateOptions = {},
): Promise<RunResult> {
  const began = performance.now();
  const experiment = options.seed === undefined ? given : { ...given, seed: options.seed };
  if (options.personal !== undefined) mustHaveOwnModels(experiment);
  const random = Random.seeded(experiment.seed);
  const setting = await settingOf(experiment, options.baseDirectory ?? process.cwd(), random);
  const directory = openDirectory(experiment, options);
  const resumed = options.resume === true ? directory?.resume() : undefined;
  const threads = Math.max(1, options.threads ?? experiment.simulation?.threads ?? availableParallelism());
  const secret = experiment.privacy && (directory?.secret() ?? Uint8Array.from(randomBytes(32)));
  const terms = discretionOf(experiment);
  const discretion = terms && secret && { terms, secret };
  const honest = openFleet({ ...setting.fleet, threads, discretion });
  const attack = experiment.simulation?.attack;
  const { availability, clock: declared } = experiment.simulation ?? {};
  const whole = attack === undefined ? honest : new AttackedFleet(honest, attack, setting.liars, random.fork("attack"));
  await using fleet =
    availability === undefined ? whole : new IntermittentFleet(whole, availability, random.fork("availability"));
  const clock = clockOf(declared, random.fork("clock"));
  if (resumed !== undefined) giveBack(setting.fleet, resumed);
  const kept = (state: RunState): Pick<RunState, "kept"> => keptIn(setting.fleet, state);
  const onEvent = options.onEvent ?? (() => undefined);
  const log = createLogger(logLevel("silent"));
  const adjustments = (): readonly Adjustment[] => options.adjustments ?? [];
  return await carryOut(
    {
      ...{
        id: simulatedRun,
        experiment,
        setting,
        fleet,
        random,
        clock,
        directory,
        resumed,
        kept,
        adjustments,
        onEvent,
        personal: options.personal,
        threads,
        began,
        log,
      },
      ...(secret && { secret }),
    },
    options.signal ?? new AbortController().signal,
  );
}

function openDirectory(
  experiment: Experiment,
  { out, resume = false, source }: SimulateOptions,
): RunDirectory | undefined {
  if (out !== undefined)
    return resume ? RunDirectory.open(out, experiment) : RunDirectory.create(out, experiment, source);
  if (resume) throw new TributaryError("invalid-option", "Expected the run directory to resume from, got none");
  return undefined;
}
