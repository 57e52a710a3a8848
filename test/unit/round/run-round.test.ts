import { describe, expect, test } from "vitest";
import type { Fleet, Report } from "../../../server/fleet/fleet.ts";
import type { RoundPolicy } from "../../../server/round/round.ts";
import { runRound, type RoundParts } from "../../../server/round/run-round.ts";
import { emptyAnswer } from "../../../shared/protocol/answer.ts";
import { createLogger } from "../../../server/telemetry/logger.ts";

type Script = (client: string) => Report | "silent";

const accepted = (client: string): Report => ({
  type: "accepted",
  answers: [emptyAnswer(client, [], 1)],
  vectors: [],
});
const gone = (client: string): Report => ({ type: "left", client, reason: "gone" });

/** A fleet that reports what a script says; a silent client keeps the exchange open until it is told to stop. */
const scripted = (members: readonly string[], script: Script): Fleet => ({
  members,
  async *run(_task, _place, cohort, signal) {
    for (const client of cohort) {
      const report = script(client);
      if (report !== "silent") yield report;
    }
    if (!cohort.some((client) => script(client) === "silent") || signal.aborted) return;
    await new Promise((resolve) => {
      signal.addEventListener("abort", resolve);
    });
  },
  [Symbol.asyncDispose]: () => Promise.resolve(),
});

function parts(
  fleet: Fleet,
  policy: Partial<RoundPolicy> = {},
): RoundParts & { readonly absorbed: string[]; readonly stepped: string[][] } {
  const absorbed: string[] = [];
  const stepped: string[][] = [];
  return {
    fleet,
    policy: { exchanges: [{ name: "train", leavers: "recompute" }], quorum: "all", late: "drop", ...policy },
    exchanges: [
      {
        open: () => ({ kind: "statistics" }),
        absorb: ({ answers }) => absorbed.push(...answers.map(({ client }) => client)),
      },
    ],
    select: () => fleet.members,
    step: (participants) => stepped.push([...participants]),
    now: () => performance.now(),
    log: createLogger("silent"),
    absorbed,
    stepped,
  };
}
const never = new AbortController().signal;

describe("running a round", () => {
  test("asks everyone, absorbs each answer, and steps once", async () => {
    const all = parts(scripted(["a", "b"], accepted));
    expect(await runRound(1, 0, all, never)).toMatchObject({ phase: "committed" });
    expect([all.absorbed, all.stepped]).toEqual([["a", "b"], [["a", "b"]]]);
  });

  test("goes on without those who leave while the quorum holds", async () => {
    const some = parts(
      scripted(["a", "b", "c"], (client) => (client === "b" ? gone(client) : accepted(client))),
      { quorum: 2 },
    );
    expect(await runRound(1, 0, some, never)).toMatchObject({ phase: "committed" });
    expect(some.stepped).toEqual([["a", "c"]]);
  });

  test("takes the first who answer where more were asked, and lets the others go", async () => {
    const quick = parts(
      scripted(["a", "b", "c", "d"], (client) => (client === "b" ? "silent" : accepted(client))),
      { enough: 2 },
    );
    expect(await runRound(1, 0, quick, never)).toMatchObject({ phase: "committed" });
    expect(quick.stepped).toEqual([["a", "c"]]);
    expect(quick.absorbed).toEqual(["a", "c"]);
  });

  test("asks of each exchange whom it wants, and the others go on", async () => {
    const asked: string[][] = [];
    const only = (wanted: readonly string[]): RoundParts["exchanges"][number] => ({
      asked: (participants) => participants.filter((client) => wanted.includes(client)),
      open(participants) {
        asked.push([...participants]);
        return { kind: "statistics" };
      },
      absorb: () => undefined,
    });
    const policy = (name: string) => ({ name, leavers: "recompute" as const });
    const twice = {
      ...parts(
        scripted(["a", "b", "c"], (client) => (client === "c" ? gone(client) : accepted(client))),
        { exchanges: [policy("first"), policy("second"), policy("third")], quorum: 2 },
      ),
      exchanges: [only(["a"]), only([]), only(["b", "c"])],
    };
    expect(await runRound(1, 0, twice, never)).toMatchObject({ phase: "committed" });
    expect(asked).toEqual([["a"], [], ["b", "c"], ["b"]]); // whoever has left is not asked again
    expect(twice.stepped).toEqual([["a", "b"]]);
  });

  test("abandons below the quorum, and does not step", async () => {
    const few = parts(scripted(["a", "b"], gone), { quorum: 2 });
    expect(await runRound(3, 1, few, never)).toMatchObject({
      phase: "abandoned",
      round: 3,
      attempt: 1,
      reason: "quorum not reached",
    });
    expect(few.stepped).toEqual([]);
  });

  test("closes at its deadline", async () => {
    const slow = parts(
      scripted(["a", "b"], (client) => (client === "b" ? "silent" : accepted(client))),
      { quorum: 1, deadlineMs: 30 },
    );
    expect(await runRound(1, 0, slow, never)).toMatchObject({ phase: "committed", receipts: [{ client: "a" }] });
  });

  test("takes a client that the fleet forgets for one that left", async () => {
    const forgetful: Fleet = { ...scripted(["a", "b"], accepted), members: ["a", "b"] };
    forgetful.run = async function* () {
      await Promise.resolve();
      yield accepted("a");
    };
    expect(await runRound(1, 0, parts(forgetful, { quorum: 1 }), never)).toMatchObject({
      phase: "committed",
      receipts: [{ client: "a" }],
    });
    expect(await runRound(1, 0, parts(forgetful), never)).toMatchObject({ phase: "abandoned" });
  });

  test("stops when it is told to, without a step", async () => {
    const stop = new AbortController();
    const hanging = parts(scripted(["a"], () => "silent"));
    const round = runRound(1, 0, hanging, stop.signal);
    stop.abort();
    await expect(round).rejects.toBe(stop.signal.reason);
    expect(hanging.stepped).toEqual([]);
  });

  test("passes a broken fleet's error on", async () => {
    const broken = { ...scripted(["a"], accepted) };
    // eslint-disable-next-line require-yield -- it breaks before it can
    broken.run = async function* () {
      await Promise.resolve();
      throw new Error("no threads");
    };
    await expect(runRound(1, 0, parts(broken), never)).rejects.toThrow("no threads");
  });
});
