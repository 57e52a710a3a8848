import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  begin,
  next,
  type ExchangePolicy,
  type RoundEvent,
  type RoundPolicy,
  type RoundState,
} from "../../../server/round/round.ts";
import { whyWaiting } from "../../../server/round/why-waiting.ts";

const train: ExchangePolicy = { name: "train", leavers: "recompute" };
const plain: RoundPolicy = { exchanges: [train], quorum: "all", late: "drop" };
const twoPhases = (leavers: ExchangePolicy["leavers"]): RoundPolicy => ({
  exchanges: [
    { name: "sums", leavers: "recompute" },
    { name: "gradient", leavers },
  ],
  quorum: 1,
  late: "drop",
});

const masked: RoundPolicy = {
  exchanges: [
    { name: "keys", leavers: "go-on" },
    { name: "train", leavers: "go-on" },
    { name: "unmask", leavers: "go-on" },
  ],
  secured: { counts: 1, threshold: 2 / 3 },
  quorum: 3,
  late: "drop",
};

const selected = (...cohort: string[]): RoundEvent => ({ type: "selected", cohort, now: 0 });
const left = (client: string): RoundEvent => ({ type: "left", client, reason: "gone", now: 1 });
const accepted = (clients: string[], at: { round?: number; exchange?: number; pass?: number } = {}): RoundEvent => ({
  type: "accepted",
  round: 1,
  exchange: 0,
  pass: 0,
  ...at,
  receipts: clients.map((client) => ({ client, id: `${client}'s` })),
  now: 1,
});
const play = (policy: RoundPolicy, ...events: RoundEvent[]): RoundState =>
  events.reduce((state, event) => next(state, event, policy), begin(1));

describe("a round of one exchange", () => {
  test("commits when everyone has answered and the model has stepped", () => {
    const state = play(plain, selected("b", "a"), accepted(["a"]), accepted(["b"]), { type: "stepped" });
    expect(state).toMatchObject({ phase: "committed", round: 1, receipts: [{ client: "a" }, { client: "b" }] });
  });

  test("is abandoned when nobody is there, or fewer than the quorum", () => {
    expect(play(plain, selected())).toMatchObject({ phase: "abandoned", reason: "no clients" });
    expect(play({ ...plain, quorum: 3 }, selected("a", "b"))).toMatchObject({ reason: "quorum not reached" });
  });

  test("goes on with the survivors while the quorum can be reached, and is abandoned as soon as it cannot", () => {
    const policy: RoundPolicy = { ...plain, quorum: 2 };
    const start = [selected("a", "b", "c"), left("c")];
    expect(play(policy, ...start)).toMatchObject({ phase: "exchanging", waitingFor: ["a", "b"] });
    expect(play(policy, ...start, accepted(["a", "b"]))).toMatchObject({ phase: "aggregating" });
    expect(play(policy, ...start, left("b"))).toMatchObject({ phase: "abandoned", reason: "quorum not reached" });
  });

  test("steps with nobody where the policy says so", () => {
    expect(play({ ...plain, nobody: "step" }, selected())).toMatchObject({ phase: "aggregating", receipts: [] });
  });

  test("lets whoever is slower go once enough have answered, and not before", () => {
    const policy = { ...plain, enough: 2 };
    const enough: RoundEvent = { type: "enough", now: 2 };
    const waiting = play(policy, selected("a", "b", "c"), accepted(["c"]), enough);
    expect(waiting).toMatchObject({ phase: "exchanging", waitingFor: ["a", "b"] });
    expect(play(policy, selected("a", "b", "c"), accepted(["c"]), accepted(["a"]), enough)).toMatchObject({
      phase: "aggregating",
      receipts: [{ client: "c" }, { client: "a" }],
    });
    expect(play(policy, selected("a", "b", "c"), left("a"), left("b"))).toMatchObject({ phase: "abandoned" });
  });

  test("closes at its deadline over those who answered", () => {
    const policy: RoundPolicy = { ...plain, quorum: 1, deadlineMs: 100 };
    const waiting = play(policy, selected("a", "b"), accepted(["a"]));
    expect(next(waiting, { type: "clock", now: 99 }, policy)).toBe(waiting);
    const closed = next(waiting, { type: "clock", now: 100 }, policy);
    expect(closed).toMatchObject({ phase: "aggregating", receipts: [{ client: "a" }] });
  });

  test("takes a late answer into the next round when the policy says so, once, and not beside the client's own", () => {
    const policy: RoundPolicy = { ...plain, late: "count-next" };
    const state = play(policy, selected("a"), accepted(["z", "a"], { round: 0 }), accepted(["z"], { round: 0 }));
    expect(state).toMatchObject({ phase: "exchanging", waitingFor: ["a"], receipts: [{ client: "z" }] });
    expect(play(plain, selected("a"), accepted(["z"], { round: 0 }))).toEqual(play(plain, selected("a")));
  });
});

describe("a round of two exchanges", () => {
  test("asks those who answered the first one", () => {
    const state = play(twoPhases("recompute"), selected("a", "b", "c"), left("b"), accepted(["a", "c"]));
    expect(state).toMatchObject({ exchange: 1, pass: 0, waitingFor: ["a", "c"], receipts: [] });
  });

  const inSecond = [selected("a", "b"), accepted(["a", "b"]), accepted(["a"], { exchange: 1 }), left("b")];

  test("recompute asks the second exchange again of the survivors", () => {
    const state = play(twoPhases("recompute"), ...inSecond);
    expect(state).toMatchObject({ exchange: 1, pass: 1, waitingFor: ["a"], receipts: [] });
    expect(next(state, accepted(["a"], { exchange: 1, pass: 1 }), twoPhases("recompute")).phase).toBe("aggregating");
  });

  test("redo begins again at the first exchange with the survivors", () => {
    expect(play(twoPhases("redo"), ...inSecond)).toMatchObject({ exchange: 0, pass: 1, waitingFor: ["a"] });
  });

  test("abandon gives the round up", () => {
    expect(play(twoPhases("abandon"), ...inSecond)).toMatchObject({ phase: "abandoned", reason: "a participant left" });
  });
});

describe("laws of the round machine", () => {
  const clients = ["a", "b", "c", "d"];
  const anyEvent: fc.Arbitrary<RoundEvent> = fc.oneof(
    fc.record({ type: fc.constant("selected" as const), cohort: fc.subarray(clients), now: fc.nat(50) }),
    fc.record({
      type: fc.constant("accepted" as const),
      round: fc.integer({ min: 0, max: 2 }),
      exchange: fc.nat(1),
      pass: fc.nat(2),
      receipts: fc.subarray(clients).map((some) => some.map((client) => ({ client, id: client }))),
      now: fc.nat(50),
    }),
    fc.record({
      type: fc.constant("left" as const),
      client: fc.constantFrom(...clients),
      reason: fc.string(),
      now: fc.nat(50),
    }),
    fc.record({ type: fc.constant("clock" as const), now: fc.nat(50) }),
    fc.constant({ type: "stepped" as const }),
  );
  const anyPolicy: fc.Arbitrary<RoundPolicy> = fc.record({
    exchanges: fc.tuple(
      fc.record({ name: fc.constant("one"), leavers: fc.constantFrom("recompute", "redo", "abandon") }),
      fc.record({ name: fc.constant("two"), leavers: fc.constantFrom("recompute", "redo", "abandon") }),
    ),
    quorum: fc.oneof(fc.constant("all" as const), fc.integer({ min: 1, max: 4 })),
    deadlineMs: fc.constant(20),
    late: fc.constantFrom("drop", "count-next"),
  });

  test("whatever happens, answers and the clock lead every round to its end", () => {
    fc.assert(
      fc.property(anyPolicy, fc.array(anyEvent, { maxLength: 30 }), (policy, events) => {
        let state = events.reduce((before, event) => next(before, event, policy), begin(1));
        for (let step = 0; step < 20 && state.phase !== "committed" && state.phase !== "abandoned"; step++) {
          if (state.phase === "selecting") state = next(state, selected("a", "b"), policy);
          else if (state.phase === "aggregating") state = next(state, { type: "stepped" }, policy);
          else state = next(state, { type: "clock", now: state.since + 20 }, policy);
        }
        expect(["committed", "abandoned"]).toContain(state.phase);
      }),
    );
  });

  test("a repeated event leaves the state as it is, and no client is counted twice or both ways", () => {
    fc.assert(
      fc.property(anyPolicy, fc.array(anyEvent, { maxLength: 30 }), (policy, events) => {
        let state = begin(1);
        for (const event of events) {
          state = next(state, event, policy);
          if (event.type === "accepted" || event.type === "left") expect(next(state, event, policy)).toBe(state);
          if (state.phase !== "exchanging") continue;
          const everyone = [...state.waitingFor, ...state.receipts.map((receipt) => receipt.client)];
          expect(new Set(everyone).size).toBe(everyone.length);
          expect(everyone.length).toBeGreaterThanOrEqual(state.needed);
        }
      }),
    );
  });

  test("a state is plain JSON", () => {
    fc.assert(
      fc.property(anyPolicy, fc.array(anyEvent, { maxLength: 10 }), (policy, events) => {
        const state = events.reduce((before, event) => next(before, event, policy), begin(1));
        const copy = JSON.parse(JSON.stringify(state)) as RoundState;
        expect(copy).toEqual(state);
      }),
    );
  });
});

describe("a round of a secure sum", () => {
  const cohort = ["a", "b", "c", "d", "e", "f"];
  const start = [selected(...cohort), accepted(cohort)];

  test("goes on without those who leave, and asks nothing again", () => {
    const state = play(masked, ...start, left("a"), accepted(["b", "c", "d", "e", "f"], { exchange: 1 }));
    expect(state).toMatchObject({ phase: "exchanging", exchange: 2, pass: 0, waitingFor: ["b", "c", "d", "e", "f"] });
  });

  test("needs two thirds of those who began, whatever the quorum; before that three", () => {
    expect(play(masked, ...start, left("a"), left("b"))).toMatchObject({ phase: "exchanging", needed: 4 });
    expect(play(masked, ...start, left("a"), left("b"), left("c"))).toMatchObject({ reason: "quorum not reached" });
    expect(play({ ...masked, quorum: 1 }, selected("a", "b"))).toMatchObject({ reason: "quorum not reached" });
  });

  test("needs its quorum until the updates are there, and the threshold alone from then on", () => {
    const all: RoundPolicy = { ...masked, quorum: "all" };
    expect(play(all, ...start, left("a"))).toMatchObject({ phase: "abandoned" });
    const trained = [...start, accepted(cohort, { exchange: 1 }), left("a"), left("b")];
    expect(play(all, ...trained)).toMatchObject({ phase: "exchanging", needed: 4 });
    expect(play(all, ...trained, left("c"))).toMatchObject({ phase: "abandoned", reason: "quorum not reached" });
  });

  test("counts those whose updates came, also who left afterwards", () => {
    const trained = [...start, left("f"), accepted(["a", "b", "c", "d", "e"], { exchange: 1 })];
    const state = play(masked, ...trained, left("e"), accepted(["a", "b", "c", "d"], { exchange: 2 }));
    expect(state).toMatchObject({ phase: "aggregating" });
    expect("receipts" in state && state.receipts.map(({ client }) => client)).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("is abandoned, naming who it is down to, where the sum cannot be unmasked", () => {
    const done = [...start, accepted(cohort, { exchange: 1 }), accepted(cohort, { exchange: 2 })];
    const spoiled: RoundEvent = { type: "spoiled", left: [{ client: "c", reason: "a wrong share" }] };
    expect(play(masked, ...done, spoiled)).toMatchObject({
      phase: "abandoned",
      reason: "the sum could not be unmasked",
      left: [{ client: "c" }],
    });
  });
});

test("why a round waits is said in words", () => {
  const policy: RoundPolicy = { ...plain, deadlineMs: 60_000 };
  const state = play(policy, selected("clinic-1", "clinic-3", "clinic-5"), accepted(["clinic-1"]));
  expect(whyWaiting(state, 40_000, policy)).toBe(
    "round 1, train: waiting for 2 of 3 (clinic-3, clinic-5) for 40 s; 20 s left of the deadline; 1 answer, quorum 3",
  );
});
