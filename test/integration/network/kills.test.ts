/**
 * The daemon and its workers, killed and stopped at random instants over many rounds: the run goes on by itself, and ends with the model
 * of an undisturbed simulation. Always a few; TRIBUTARY_SWEEP=1 for fifty kills of the daemon and as many ends of workers, SEED for other
 * instants.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { Random } from "../../../shared/random.ts";
import { temporaryFolder } from "../../support/files.ts";
import {
  freePort,
  heartExample,
  heartSettings,
  hospitals,
  simulatedHeart,
  start,
  type Line,
  type Process,
} from "../../support/processes.ts";

const scratch = temporaryFolder();
const sweep = process.env["TRIBUTARY_SWEEP"] === "1";
const seed = process.env["SEED"] ?? "7";

type Blow = "daemon" | "worker" | "stopped worker" | "stopped daemon";

interface Storm {
  readonly rounds: number;
  readonly hospitals: typeof hospitals;
  readonly blows: readonly Blow[];
  /** The longest pause before a blow, in ms. */
  readonly pauseMs: number;
  /** The longest that one that is stopped stays so, in ms. */
  readonly stopMs: number;
}

const few: Storm = {
  rounds: 80,
  hospitals: hospitals.slice(0, 2),
  blows: ["daemon", "worker", "daemon", "stopped worker", "daemon"],
  pauseMs: 300,
  stopMs: 500,
};
const many: Storm = {
  rounds: 600,
  hospitals: hospitals.slice(0, 3),
  pauseMs: 1000,
  blows: Array.from({ length: 50 }, (_, i) => [
    "daemon" as const,
    (["worker", "stopped worker", "stopped daemon"] as const)[i % 3]!,
  ]).flat(),
  stopMs: 3000,
};

interface Survived {
  readonly modelHash: unknown;
  readonly rounds: unknown;
  /** The round that each life of the daemon that came to work began after. */
  readonly resumedFrom: readonly number[];
  /** Blows that fell before the run was over. */
  readonly fallen: number;
}

async function through({ rounds, hospitals: among, blows, pauseMs, stopMs }: Storm, name: string): Promise<Survived> {
  const random = Random.seeded(`${seed}/${name}`);
  const below = (bound: number): number => random.integer(bound);
  const address = `127.0.0.1:${await freePort()}`;
  const resumedFrom: number[] = [];
  let finished: Line | undefined;
  const onLine = (line: Line): void => {
    if (line["event"] === "started") resumedFrom.push((line["resumedFrom"] as number | undefined) ?? 0);
    if (line["event"] === "finished" || line["event"] === "over") finished = line; // over: in the life before
  };
  const serve = (): Process =>
    start(
      [
        ...["serve", "--listen", address, "--state", join(scratch.path, name), "--absence", "600", "--json"],
        ...["--run", heartExample, ...heartSettings(rounds, among).flatMap((setting) => ["--set", setting])],
      ],
      { onLine },
    );
  const attend = ([client, file]: readonly [string, string]): Process =>
    start([
      ...["worker", "--coordinator", address, "--data", file, "--name", client, "--json"],
      ...["--state", join(scratch.path, `${name}-${client}`)],
    ]);
  let daemon = serve();
  const workers = among.map(attend);
  let fallen = 0;
  for (const blow of blows) {
    if (fallen % 2 === 0) await daemon.line("round"); // the others may fall while everybody comes back
    await sleep(below(pauseMs));
    if (finished !== undefined) break; // a fast machine
    fallen++;
    if (fallen % 10 === 0)
      console.log(`${fallen} blows, ${resumedFrom.length} lives, the last from round ${resumedFrom.at(-1)}`);
    const which = below(workers.length);
    switch (blow) {
      case "daemon":
        daemon.child.kill("SIGKILL");
        await daemon.ended;
        daemon = serve();
        break;
      case "worker":
        workers[which]!.child.kill("SIGKILL");
        await workers[which]!.ended;
        workers[which] = attend(among[which]!);
        break;
      case "stopped worker":
      case "stopped daemon": {
        const { child } = blow === "stopped daemon" ? daemon : workers[which]!;
        child.kill("SIGSTOP");
        await sleep(below(stopMs));
        child.kill("SIGCONT");
      }
    }
  }
  expect(await daemon.ended, daemon.stderr()).toBe(0);
  return { modelHash: finished?.["modelHash"], rounds: finished?.["rounds"], resumedFrom, fallen };
}

test.each([["a few", few], ...(sweep ? [["many", many] as const] : [])] as const)(
  "through %s kills of the daemon and ends of workers a run goes on by itself, to the model of a simulation",
  async (name, storm) => {
    const { resumedFrom, fallen, ...survived } = await through(storm, name);
    console.log(
      `seed ${seed}, ${fallen} blows; the lives that came to work began after rounds ${resumedFrom.join(" ")}`,
    );
    expect(survived).toEqual({
      rounds: storm.rounds,
      modelHash: await simulatedHeart(heartSettings(storm.rounds, storm.hospitals)),
    });
    expect(fallen, `seed ${seed}`).toBeGreaterThan(0);
    expect(resumedFrom, `seed ${seed}`).toEqual([...resumedFrom].sort((a, b) => a - b));
  },
  sweep ? 5_400_000 : 240_000,
);
