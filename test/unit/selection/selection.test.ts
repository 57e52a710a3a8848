/** Who is drawn: the laws of every rule of the catalogue, and what each promises of its own. */
import { describe, expect, test } from "vitest";
import { firstToReport } from "../../../server/round/clock.ts";
import { inclusionOf } from "../../../server/selection/by-size.ts";
import { checkSelection } from "../../../server/selection/check.ts";
import { selectionOf, selections } from "../../../server/selection/catalogue.ts";
import { scoresOf } from "../../../server/selection/oort.ts";
import { secretPoisson } from "../../../server/selection/uniform.ts";
import { startSelection, type Selection, type SelectionSeen } from "../../../server/selection/selection.ts";
import { cohortSize } from "../../../shared/experiment/cohort-size.ts";
import { cohortOf, drawSchema, type DrawConfig } from "../../../shared/experiment/selection.ts";
import { Random } from "../../../shared/random.ts";

const names = Array.from({ length: 20 }, (_, i) => `client-${String(i).padStart(2, "0")}`);
const ascending = new Map(names.map((name, i) => [name, (i + 1) / 210])); // 1 + … + 20 = 210

interface Case {
  readonly round?: number;
  readonly count?: number;
  readonly members?: readonly string[];
  readonly sizes?: ReadonlyMap<string, number>;
  readonly state?: SelectionSeen["state"];
  readonly losses?: ReadonlyMap<string, number>;
  readonly seconds?: ReadonlyMap<string, number>;
  readonly seed?: number;
}

const seenIn = ({ round = 1, count = 7, members = names, sizes = ascending, seed = 3, ...more }: Case = {}) => ({
  round,
  count,
  members,
  everyone: names,
  size: (client: string) => sizes.get(client) ?? 0,
  random: Random.seeded(seed).fork("round", round),
  run: Random.seeded(seed),
  state: more.state ?? startSelection,
  ask: (clients: readonly string[]) =>
    Promise.resolve(
      new Map(
        clients.flatMap((client) =>
          more.losses?.has(client) === false ? [] : [[client, more.losses?.get(client) ?? 1] as const],
        ),
      ),
    ),
  secondsOf: (client: string) => more.seconds?.get(client),
});
const draw = async (selection: Selection, given: Case = {}): Promise<readonly string[]> =>
  selection.draw(seenIn(given));

/** Every rule, in all its forms: one that is new does not compile until it is here. */
const forms: { readonly [Kind in DrawConfig["kind"]]: readonly object[] } = {
  uniform: [{}],
  "by-size": [{ replacement: true }, { replacement: false }],
  poisson: [{}, { divisor: "expected" }],
  "round-robin": [{}, { shuffle: true }],
  "power-of-choice": [{ candidates: 12 }, { candidates: 12, losses: "last" }],
  oort: [{}],
};
const cases = Object.entries(forms).flatMap(([kind, options]) =>
  options.map((own) => {
    const config = drawSchema.parse({ kind, ...own });
    return [JSON.stringify({ kind, ...own }), config, selectionOf(config)] as const;
  }),
);

describe.each(cases)("%s", (_name, { kind }, selection) => {
  test("draws members alone, sorted, the same for the same fork, and leaves everything as it was", async () => {
    const members = names.filter((_, i) => i % 3 > 0);
    const first = await draw(selection, { members, round: 5 });
    expect(await draw(selection, { members, round: 5 })).toEqual(first);
    expect(first.every((client) => members.includes(client))).toBe(true);
    expect([...first].sort()).toEqual(first);
    expect(first.length).toBeLessThanOrEqual(kind === "poisson" ? members.length : 7);
  });

  test("passes the suite that is for everybody's", async () => {
    await expect(checkSelection(selection)).resolves.toBeUndefined();
  });

  test("draws other clients in other rounds, and knows what to do with more wanted than there are", async () => {
    const drawn = new Set<string>();
    for (let round = 1; round <= 60; round++) for (const client of await draw(selection, { round })) drawn.add(client);
    expect(drawn.size).toBeGreaterThan(7);
    expect((await draw(selection, { count: 20 })).length).toBeGreaterThan(0);
    expect((await draw(selection, { members: names.slice(0, 2) })).every((client) => client < "client-02")).toBe(true);
    expect(await draw(selection, { members: [] })).toEqual([]);
  });

  test("remembers what JSON can hold, and goes on from it", async () => {
    const losses = new Map(names.slice(0, 5).map((name, i) => [name, i + 0.5]));
    const state = selection.next?.(startSelection, { round: 4, losses, rows: () => 10 });
    if (state === undefined) return;
    const read = JSON.parse(JSON.stringify(state)) as typeof state;
    expect(read).toEqual(state);
    expect(state.clients["client-01"]).toEqual({ loss: 1.5, utility: 15, round: 4 });
    expect(await draw(selection, { round: 5, state: read })).toEqual(await draw(selection, { round: 5, state }));
  });
});

describe("weights that go with a draw", () => {
  const changes = new Map(names.map((name, i) => [name, (i - 8) * (i % 5) + 1]));
  const expected = names.reduce((sum, name) => sum + ascending.get(name)! * changes.get(name)!, 0);

  test.each(
    cases.filter(
      ([, config]) => config.kind === "by-size" || (config.kind === "poisson" && config.divisor === "expected"),
    ),
  )("%s: the mean over 800 cohorts is Σ pₖΔₖ, within four standard errors", async (_name, _config, selection) => {
    const means: number[] = [];
    for (let seed = 0; seed < 800; seed++) {
      const cohort = await draw(selection, { seed });
      const weights = selection.weights!(cohort, seenIn());
      const total = [...weights].reduce((sum, [client, weight]) => sum + weight * changes.get(client)!, 0);
      const divisor = selection.divisor?.(seenIn()) ?? [...weights.values()].reduce((sum, weight) => sum + weight, 0);
      means.push(total / divisor);
    }
    const mean = means.reduce((sum, one) => sum + one, 0) / means.length;
    const variance = means.reduce((sum, one) => sum + (one - mean) * (one - mean), 0) / (means.length - 1);
    expect(Math.abs(mean - expected)).toBeLessThan(4 * Math.sqrt(variance / means.length));
    expect(variance).toBeGreaterThan(0);
  });

  test("without replacement they sum to 1 for every cohort, and everybody is drawn as often as its inclusion says", async () => {
    const selection = selectionOf({ kind: "by-size", replacement: false });
    const sizes = new Map(names.map((name, i) => [name, i === 0 ? 0.5 : i === 1 ? 0 : 0.5 / 18]));
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 600; seed++) {
      const cohort = await draw(selection, { sizes, seed });
      expect(cohort).toHaveLength(7);
      expect(new Set(cohort).size).toBe(7);
      for (const client of cohort) counts.set(client, (counts.get(client) ?? 0) + 1);
      const weights = [...selection.weights!(cohort, seenIn({ sizes })).values()];
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
    }
    expect(counts.get(names[0]!)).toBe(600); // half of all rows: sure
    expect(counts.get(names[1]!)).toBeUndefined(); // no rows
    for (const name of names.slice(2)) expect(Math.abs(counts.get(name)! - 200)).toBeLessThan(58); // 5 · √(600·⅓·⅔)
  });

  test("inclusion: 7 of 20 by 1 … 20 is 7·pₖ; of sizes 8, 1, 1 two draws are one sure and one of the others", () => {
    const chances = inclusionOf(names, 7, (name) => ascending.get(name)!);
    for (const name of names) expect(chances.get(name)).toBeCloseTo(7 * ascending.get(name)!, 12);
    const few = inclusionOf(["a", "b", "c"], 2, (name) => (name === "a" ? 0.8 : 0.1));
    expect([...few.values()]).toEqual([1, 0.5, 0.5]);
  });
});

describe("each rule", () => {
  test("uniform: each client is drawn equally often", async () => {
    const counts = new Map(names.map((name) => [name, 0]));
    for (let seed = 0; seed < 600; seed++)
      for (const client of await draw(selectionOf({ kind: "uniform" }), { count: 5, seed }))
        counts.set(client, counts.get(client)! + 1);
    // 600 draws of 5 of 20: mean 150, standard deviation √(600·¼·¾) = 10.6; five of them either way
    for (const count of counts.values()) expect(Math.abs(count - 150)).toBeLessThan(53);
  });

  test("in secret: at the declared rate, by the run's secret and the attempt; nobody without the secret is asked", async () => {
    const selection = secretPoisson(0.3);
    const many = Array.from({ length: 2000 }, (_, i) => `client-${String(i)}`);
    const drawn = (secret: number, round: number) =>
      selection.draw({ ...seenIn({ members: many, round }), secret: new Uint8Array(32).fill(secret) });
    const cohort = await drawn(1, 1);
    expect(Math.abs(cohort.length / 2000 - 0.3)).toBeLessThan(0.052); // five standard errors
    expect(await drawn(1, 1)).toEqual(cohort);
    expect(await drawn(2, 1)).not.toEqual(cohort);
    expect(await drawn(1, 2)).not.toEqual(cohort);
    expect(() => selection.draw(seenIn())).toThrow("A draw in secret: expected the run's secret, got none");
  });

  test("poisson: one client less changes nobody else's chance", async () => {
    const selection = selectionOf({ kind: "poisson", divisor: "cohort" });
    for (let round = 1; round < 20; round++) {
      const all = await draw(selection, { round });
      expect(await draw(selection, { round, members: names.slice(1) })).toEqual(
        all.filter((client) => client !== names[0]),
      );
    }
  });

  test.each([false, true])("round-robin, shuffled %s: three rounds of 7 take each of 20 once", async (shuffle) => {
    const selection = selectionOf({ kind: "round-robin", shuffle });
    for (const first of [1, 4, 7]) {
      const drawn = await Promise.all([0, 1, 2].map((i) => draw(selection, { round: first + i })));
      expect(drawn.map((cohort) => cohort.length)).toEqual([7, 7, 6]);
      expect(drawn.flat().sort()).toEqual(names);
    }
  });

  test("power-of-choice: of all candidates the m worst; who does not answer is none; unknown ones come first", async () => {
    const losses = new Map(names.map((name, i) => [name, (i * 7) % 20]));
    const worst = [...names]
      .sort((a, b) => losses.get(b)! - losses.get(a)!)
      .slice(0, 4)
      .sort();
    const all = selectionOf({ kind: "power-of-choice", candidates: 20, losses: "asked" });
    expect(await draw(all, { count: 4, losses })).toEqual(worst);
    const answering = new Map([...losses].filter(([name]) => name !== worst[0]));
    expect(await draw(all, { count: 4, losses: answering })).not.toContain(worst[0]);
    const last = selectionOf({ kind: "power-of-choice", candidates: 20, losses: "last" });
    const known = {
      round: 1,
      losses: new Map(names.slice(0, 18).map((name) => [name, losses.get(name)!])),
      rows: () => 1,
    };
    const state = last.next!(startSelection, known);
    expect(await draw(last, { count: 2, state })).toEqual(["client-18", "client-19"]);
  });

  test("oort: score = U′ + √(0.1·ln R / L), times (T/t)^α for slow ones", () => {
    const clients = {
      a: { loss: 1, utility: 10, round: 4 },
      b: { loss: 1, utility: 30, round: 9 },
      c: { loss: 1, utility: 20, round: 1 },
    };
    const seconds = new Map([["a", 10], ["b", 40], ["c", 20]]); // prettier-ignore
    const state = { clients, utilities: [], percentile: 30 }; // T = 10, the least of three
    const scores = scoresOf(
      ["a", "b", "c"],
      { round: 10, state, secondsOf: (client) => seconds.get(client) },
      { clip: 0.9, alpha: 2 },
    );
    const age = (round: number): number => Math.sqrt((0.1 * Math.log(10)) / round);
    expect(scores.get("a")).toBeCloseTo(0 + age(4), 12);
    expect(scores.get("b")).toBeCloseTo((1 + age(9)) / 16, 12);
    expect(scores.get("c")).toBeCloseTo((0.5 + age(1)) / 4, 12);
  });

  test("oort: explores ε of the cohort among the unseen, and later returns to those whose rows teach most", async () => {
    const selection = selectionOf(drawSchema.parse({ kind: "oort" }));
    const losses = new Map(names.slice(0, 10).map((name, i) => [name, i < 3 ? 100 : 0.01]));
    const state = selection.next!(startSelection, { round: 1, losses, rows: () => 10 });
    const unseen = (cohort: readonly string[]): number => cohort.filter((client) => client >= "client-10").length;
    expect(unseen(await draw(selection, { round: 2, count: 10, state }))).toBe(9); // ε = .882
    expect(unseen(await draw(selection, { round: 300, count: 10, state }))).toBe(3); // ε = .3
    let taught = 0;
    for (let seed = 0; seed < 50; seed++)
      for (const client of await draw(selection, { round: 300, count: 4, seed, state }))
        taught += Number(client < "client-03");
    expect(taught).toBeGreaterThan(58); // 3 of 10 who are known, and half of all the scores: 70 of 150 draws, 45 by chance alone
  });

  test("oort: the pacer allows five points more when twenty rounds taught as much as the twenty before", () => {
    const selection = selectionOf(drawSchema.parse({ kind: "oort" }));
    const after = (lossIn: (round: number) => number): number => {
      let state = startSelection;
      for (let round = 1; round <= 40; round++)
        state = selection.next!(state, { round, losses: new Map([["a", lossIn(round)]]), rows: () => 1 });
      expect(state.utilities).toHaveLength(40);
      return state.percentile;
    };
    expect(after(() => 1)).toBe(35);
    expect(after((round) => (round > 20 ? 6 : 1))).toBe(25);
    expect(after((round) => (round > 20 ? 2 : 1))).toBe(30);
  });
});

test("the first to report are the quickest, and ties go by lot", () => {
  const seconds = (client: string): number => (client === "a" ? 9 : client === "d" ? 1 : 5);
  const lot = (client: string): number => (client === "c" ? 0 : 1);
  expect(firstToReport(["a", "b", "c", "d"], 2, { seconds, lot })).toEqual(["c", "d"]);
});

test("the catalogue has a rule for every name of the vocabulary", () => {
  expect(Object.keys(selections).sort()).toEqual(Object.keys(forms).sort());
});

test.each([
  [0.1, 100, 10],
  [0.001, 100, 1],
  [0.25, 10, 3],
  [1, 7, 7],
  [0.07, 100, 7], // 0.07 · 100 = 7.000000000000001 in float64
  [0.35, 20, 7],
])("a fraction of %d of %i clients is max(⌈C·N⌉, 1) = %i", (fraction, all, expected) => {
  expect(cohortSize(fraction, all)).toBe(expected);
  expect(cohortOf({ fraction }, all)).toBe(expected);
});
