/**
 * The daemon and its workers, killed and stopped over a whole run: it goes on by itself, and ends with the model of an undisturbed
 * simulation. Each blow waits for a round of its own, evenly from the first to the last, and falls somewhere in the rounds around it.
 * Always a few, two of them at named places, so that they meet a round in different phases on any machine; TRIBUTARY_SWEEP=1 for fifty
 * kills of the daemon and as many ends of workers, SEED for other instants.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Failpoint } from "../../../server/store/failpoints.ts";
import { Random } from "../../../shared/random.ts";
import { temporaryFolder } from "../../support/files.ts";
import { leftBehind } from "../../support/left-behind.ts";
import {
  freePort,
  heartExample,
  heartSettings,
  hospitals,
  secureExample,
  simulatedHeart,
  start,
  type Line,
  type Process,
} from "../../support/processes.ts";

const scratch = temporaryFolder();
const sweep = process.env["TRIBUTARY_SWEEP"] === "1";
const seed = process.env["SEED"] ?? "7";

type Blow = "daemon" | "worker" | "stopped worker" | "stopped daemon" | { readonly daemonAt: `${Failpoint}@${number}` };

interface Storm {
  /** @default the heart example */
  readonly example?: string;
  readonly rounds: number;
  readonly hospitals: typeof hospitals;
  readonly blows: readonly Blow[];
  /** The longest pause between a blow's round and the blow, in ms: a few rounds. */
  readonly pauseMs: number;
  /** The longest that one that is stopped stays so, in ms. */
  readonly stopMs: number;
}

const few: Storm = {
  rounds: 30,
  hospitals: hospitals.slice(0, 2),
  blows: ["daemon", "worker", { daemonAt: "journal.committed@12" }, "stopped worker", { daemonAt: "round.stepped@5" }],
  pauseMs: 60,
  stopMs: 500,
};
const many: Storm = {
  rounds: 300,
  hospitals: hospitals.slice(0, 3),
  pauseMs: 100,
  blows: Array.from({ length: 50 }, (_, i) => [
    "daemon" as const,
    (["worker", "stopped worker", "stopped daemon"] as const)[i % 3]!,
  ]).flat(),
  stopMs: 3000,
};

/**
 * Secure sums: the daemon is killed each time an exchange more of the first round is closed, its participants on disk and nobody told of the
 * next: the survivors before they are confirmed, and before anything is unmasked. Each life asks again for what the one before knew.
 */
const masked: Storm = {
  example: secureExample,
  rounds: 3,
  hospitals: hospitals.slice(0, 3),
  blows: (sweep ? [1, 2, 3, 4, 5, 6] : [4, 5]).map((nth) => ({ daemonAt: `round.closed@${nth}` as const })),
  pauseMs: 0,
  stopMs: 0,
};
/** And its clients between them: what they have noted in their vaults they go on from. */
const maskedMany: Storm = {
  ...masked,
  rounds: 60,
  pauseMs: 300,
  stopMs: 1000,
  blows: Array.from({ length: 20 }, (_, i) => (["worker", "daemon", "stopped worker"] as const)[i % 3]!),
};

interface Survived {
  readonly modelHash: unknown;
  readonly rounds: unknown;
  /** The round that each life of the daemon that came to work began after. */
  readonly resumedFrom: readonly number[];
  /** Blows that fell before the run was over. */
  readonly fallen: number;
  /** How often a killed daemon was where in its round. */
  readonly killedWhen: Readonly<Record<string, number>>;
}

async function through(
  { example = heartExample, rounds, hospitals: among, blows, pauseMs, stopMs }: Storm,
  name: string,
): Promise<Survived> {
  const random = Random.seeded(`${seed}/${name}`);
  const below = (bound: number): number => random.integer(bound);
  const address = `127.0.0.1:${await freePort()}`;
  const resumedFrom: number[] = [];
  const killedWhen: Record<string, number> = {};
  const state = join(scratch.path, name);
  let finished: Line | undefined;
  let round = 0;
  let wake = (): void => undefined;
  const onLine = (line: Line): void => {
    if (line["event"] === "round") round = line["round"] as number;
    if (line["event"] === "started") resumedFrom.push((line["resumedFrom"] as number | undefined) ?? 0);
    if (line["event"] === "finished" || line["event"] === "over") finished = line; // over: in the life before
    wake();
  };
  const untilRound = async (wanted: number): Promise<void> => {
    while (round < wanted && finished === undefined) await new Promise<void>((done) => (wake = done));
  };
  const serve = (next?: Blow): Process =>
    start(
      [
        ...["serve", "--listen", address, "--state", state, "--absence", "600", "--json"],
        ...["--run", example, ...heartSettings(rounds, among).flatMap((setting) => ["--set", setting])],
      ],
      {
        onLine,
        ...(typeof next === "object" && { environment: { TRIBUTARY_FAILPOINT: next.daemonAt } }),
      },
    );
  const attend = ([client, file]: readonly [string, string]): Process =>
    start([
      ...["worker", "--coordinator", address, "--data", file, "--name", client, "--json"],
      ...["--state", join(scratch.path, `${name}-${client}`)],
    ]);
  const nextEnd = (from: number): Blow | undefined =>
    blows.slice(from).find((blow) => typeof blow === "object" || blow === "daemon");
  let daemon = serve(nextEnd(0));
  const workers = among.map(attend);
  let fallen = 0;
  for (const [at, blow] of blows.entries()) {
    if (typeof blow === "string") {
      await Promise.race([untilRound(Math.floor(((at + 0.5) * rounds) / blows.length)), daemon.ended]);
      await sleep(below(pauseMs));
    }
    if (finished !== undefined) break; // a fast machine
    fallen++;
    const which = below(workers.length);
    switch (blow) {
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
        break;
      }
      default: {
        if (blow === "daemon") daemon.child.kill("SIGKILL");
        await daemon.ended;
        expect(daemon.child.signalCode, daemon.stderr()).toBe("SIGKILL");
        const when = leftBehind(state, among.length);
        killedWhen[when] = (killedWhen[when] ?? 0) + 1;
        daemon = serve(nextEnd(at + 1));
      }
    }
  }
  expect(await daemon.ended, daemon.stderr()).toBe(0);
  return { modelHash: finished?.["modelHash"], rounds: finished?.["rounds"], resumedFrom, fallen, killedWhen };
}

const storms: readonly (readonly [string, Storm])[] = [
  ["a few", few],
  ["between the exchanges of a secure sum, the", masked],
  ...(sweep
    ? ([
        ["many", many],
        ["many amid secure sums, the", maskedMany],
      ] as const)
    : []),
];

test.each(storms)(
  "through %s kills of the daemon and ends of workers a run goes on by itself, to the model of a simulation",
  async (name, storm) => {
    const { resumedFrom, fallen, killedWhen, ...survived } = await through(storm, name);
    console.log(
      `seed ${seed}, ${fallen} blows; the daemon was killed when ${JSON.stringify(killedWhen)}; the lives that came to work began after rounds ${resumedFrom.join(" ")}`,
    );
    expect(survived).toEqual({
      rounds: storm.rounds,
      modelHash: await simulatedHeart(heartSettings(storm.rounds, storm.hospitals), storm.example),
    });
    expect(fallen, `seed ${seed}`).toBeGreaterThan(0);
    expect(resumedFrom, `seed ${seed}`).toEqual([...resumedFrom].sort((a, b) => a - b));
    if (storm === many) expect(Object.keys(killedWhen).length, `seed ${seed}`).toBeGreaterThan(2);
  },
  sweep ? 5_400_000 : 240_000,
);
