/** What every fleet owes the coordinator: the same answers and the same sums, whatever carries them. */
import { afterAll, describe, expect, test } from "vitest";
import { ThreadFleet, type ThreadFleetOptions } from "../../server/fleet/threads.ts";
import type { Fleet, Report } from "../../server/fleet/fleet.ts";
import { fleetOptions } from "../support/fleet-options.ts";
import { temporaryFolder } from "../support/files.ts";
import { MemoryFleet } from "../support/memory-fleet.ts";
import { remoteFleet } from "../support/remote-fleet.ts";
import type { Place } from "../../server/round/place.ts";
import type { Task } from "../../shared/protocol/task.ts";
import type { Answer } from "../../shared/protocol/answer.ts";
import { VectorSum } from "../../shared/sum.ts";
import { Random } from "../../shared/random.ts";

const never = new AbortController().signal;
/** Every exchange has a place of its own: a fleet may know already what has been answered to one. */
let passes = 0;
const nextPlace = (): Place => ({ round: 1, attempt: 0, exchange: 0, pass: passes++ });
const { parameters } = await fleetOptions();
const tasks: readonly Task[] = [
  { kind: "prepare" },
  { kind: "train", round: 1, parameters, learningRate: 0.1, totals: [40] },
  { kind: "evaluate", parameters, part: "train" },
];

interface Heard {
  readonly clients: readonly string[];
  readonly answers: readonly unknown[];
  readonly total: readonly number[];
}

/** The vectors of a run in which each is reported: sorted by client, copied. */
async function hearEach(fleet: Fleet): Promise<readonly (readonly [string, number, Float64Array])[]> {
  const heard: [string, number, Float64Array][] = [];
  for await (const report of fleet.run(tasks[1]!, nextPlace(), fleet.members, never)) {
    if (report.type !== "accepted") continue;
    const weights = new Map(report.answers.map(({ client, weight }) => [client, weight]));
    for (const { client, vectors } of report.updates ?? [])
      heard.push([client, weights.get(client)!, Float64Array.from(vectors[0]!)]);
  }
  return heard.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Everything a run of an exchange reports, put together. */
async function hear(fleet: Fleet, task: Task, cohort: readonly string[], signal = never): Promise<Heard> {
  const reports: Report[] = [];
  let total: VectorSum | undefined;
  for await (const report of fleet.run(task, nextPlace(), cohort, signal)) {
    reports.push(report);
    const sum = report.type === "accepted" ? report.vectors[0] : undefined;
    if (total === undefined) total = sum;
    else if (sum !== undefined) total.merge(sum);
  }
  const answers = reports.flatMap((report) => (report.type === "accepted" ? report.answers : []));
  const sorted = answers.toSorted((a, b) => (a.client < b.client ? -1 : 1));
  return { clients: sorted.map(({ client }) => client), answers: sorted, total: [...(total?.value() ?? [])] };
}

const expected = new MemoryFleet((await fleetOptions()).options);

const fleets: Readonly<Record<string, (options: ThreadFleetOptions) => Fleet>> = {
  "in memory, shuffled": (given) => new MemoryFleet(given, { order: Random.seeded(9) }),
  "over the messages of a network": (given) => remoteFleet(given).fleet,
  "1 thread": (given) => new ThreadFleet({ ...given, threads: 1 }),
  "3 threads": (given) => new ThreadFleet({ ...given, threads: 3 }),
};

describe.each(Object.entries(fleets))("a fleet, %s,", async (_name, open) => {
  const fleet = open((await fleetOptions()).options);
  afterAll(() => fleet[Symbol.asyncDispose]());

  test("lists its members in order", () => {
    expect(fleet.members).toEqual([...fleet.members].sort());
  });

  test("gives every answer once, and the same bits as any other", async () => {
    for (const task of tasks) {
      const heard = await hear(fleet, task, fleet.members);
      expect(heard.clients).toEqual(fleet.members);
      expect(heard).toEqual(await hear(expected, task, expected.members));
    }
  });

  test("asks only the cohort", async () => {
    const cohort = [fleet.members[1]!, fleet.members[3]!];
    expect((await hear(fleet, tasks[1]!, cohort)).clients).toEqual(cohort);
    expect((await hear(fleet, tasks[1]!, [])).clients).toEqual([]);
  });

  test("ends when it is told to stop, and can be asked again", async () => {
    const stop = new AbortController();
    stop.abort();
    expect((await hear(fleet, tasks[1]!, fleet.members, stop.signal)).clients).toEqual([]);
    expect((await hear(fleet, tasks[1]!, fleet.members)).clients).toEqual(fleet.members);
  });

  test("can be left in the middle of an exchange, and asked again", async () => {
    for await (const report of fleet.run(tasks[1]!, nextPlace(), fleet.members, never)) {
      expect(report.type).toBe("accepted");
      break;
    }
    expect((await hear(fleet, tasks[1]!, fleet.members)).clients).toEqual(fleet.members);
  });
});

describe.each(Object.entries(fleets))("a fleet, %s, of which each update is asked,", async (_name, open) => {
  const { options } = await fleetOptions();
  const each = open({ ...options, assignment: { ...options.assignment, report: "each" } });
  const sum = new MemoryFleet((await fleetOptions()).options);
  afterAll(() => each[Symbol.asyncDispose]());

  test("hands over every client's own vectors, which add up to the sum of the others", async () => {
    await hear(each, tasks[0]!, each.members);
    await hear(sum, tasks[0]!, sum.members);
    const vectors = await hearEach(each);
    expect(vectors.map(([client]) => client)).toEqual(each.members);
    const total = new VectorSum(options.assignment.parameters);
    for (const [, weight, vector] of vectors) total.add(weight, vector);
    const expectedSum = await hear(sum, tasks[1]!, sum.members);
    expect([...total.value()]).toEqual(expectedSum.total);
    for (const [client, , vector] of vectors) {
      const { norm } = expectedSum.answers.find((answer) => (answer as Answer).client === client) as Answer;
      expect(norm).toBeCloseTo(Math.sqrt(vector.reduce((square, x) => square + x * x, 0)), 12);
      expect(norm).toBeGreaterThan(0);
    }
  });

  test("keeps a smaller cohort's vectors apart too", async () => {
    const cohort = [each.members[1]!, each.members[3]!];
    for await (const report of each.run(tasks[1]!, nextPlace(), cohort, never)) {
      if (report.type === "accepted") expect(report.updates?.length).toBe(report.answers.length);
    }
    expect((await hearEach(each)).length).toBe(each.members.length);
  });
});

describe("threads that break", () => {
  const broken = async (entry: string): Promise<Heard> => {
    await using fleet = new ThreadFleet({ ...(await fleetOptions()).options, threads: 2, entry });
    return await hear(fleet, tasks[1]!, fleet.members);
  };
  const file = temporaryFolder();

  test("a client whose work fails is named, with its own stack", async () => {
    const failure = `{ client: "c3", message: "no such row", stack: "Error: no such row\\n    at rowOf (shard.ts:7)" }`;
    const entry = file.write("fails.mjs", `export default () => ({ statistics: [], failure: ${failure} });`);
    await expect(broken(entry)).rejects.toMatchObject({
      code: "worker-failed",
      message: 'The client "c3" failed in the exchange "train": no such row',
      cause: { stack: expect.stringContaining("rowOf (shard.ts:7)") as string },
    });
  });

  test("a thread that dies is an error, and nothing waits for it", async () => {
    const entry = file.write("dies.mjs", "export default () => process.exit(3);");
    await expect(broken(entry)).rejects.toThrow(/A worker thread died in the exchange "train"/);
  });

  test("an error while a thread is loaded shows as itself", async () => {
    const entry = file.write("misses.mjs", 'const door = await import("./nowhere.mjs"); export default door.work;');
    await expect(broken(entry)).rejects.toThrow(/nowhere\.mjs/);
  });
});
