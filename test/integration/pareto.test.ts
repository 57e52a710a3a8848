/** `tributary pareto` as a process of its own: a front, its picture and table, and the model of the point that was picked. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Random } from "../../shared/random.ts";
import { events, tributary } from "../support/tributary.ts";

const folder = mkdtempSync(join(tmpdir(), "tributary-pareto-"));
const random = Random.seeded(4);
const rows = Array.from({ length: 40 }, () => [random.normal(), random.normal()] as const);
writeFileSync(
  join(folder, "a.csv"),
  ["x1,x2,y1,y2", ...rows.map(([a, b]) => [a, b, a + b, a - 2 * b].join(","))].join("\n"),
);
writeFileSync(
  join(folder, "trade.yaml"),
  `tributary: 1
name: trade
data: { features: { numeric: [x1, x2] }, targets: { y1: { column: y1 }, y2: { column: y2 } } }
model: { heads: { shared: 1 } }
objectives: { first: { head: shared, target: y1, loss: mse }, second: { head: shared, target: y2, loss: mse } }
federation: { mode: gradient, rounds: 40, serverOptimizer: { kind: sgd, learningRate: 0.2 } }
simulation: { threads: 1, clients: { a: a.csv } }
`,
);

test("a sweep of one head over two targets is their front, and a point of it gives its model", async () => {
  const args = ["pareto", "trade.yaml", "--points", "3", "--out", "front", "--pick", "2", "--json"];
  const { code, stdout, stderr } = await tributary(args, { cwd: folder });
  expect([code, stderr]).toEqual([0, ""]);
  const [first, middle, last, front] = events(stdout) as [Point, Point, Point, Record<string, unknown>];
  expect(first.losses["first"]).toBeGreaterThan(middle.losses["first"]!);
  expect(middle.losses["first"]).toBeGreaterThan(last.losses["first"]!);
  expect(front).toMatchObject({ event: "front", front: [2, 1, 0], knee: 1, asf: 1, picked: 2 });
  expect(
    readFileSync(join(folder, "front/model.safetensors")).equals(
      readFileSync(join(folder, "front/point-02/model.safetensors")),
    ),
  ).toBe(true);
  const picture = readFileSync(join(folder, "front/front.svg"), "utf8");
  expect(picture.match(/<title>/g)).toHaveLength(3);
  expect(picture).toContain("knee, asf");
  expect(JSON.parse(readFileSync(join(folder, "front/front.json"), "utf8"))).toMatchObject({
    objectives: ["first", "second"],
    points: [{ point: 0 }, { point: 1 }, { point: 2 }],
  });
});

test("a method without preferences is refused, with those that have them", async () => {
  const { code, stderr } = await tributary(
    ["pareto", "trade.yaml", "--points", "2", "--set", "weighting.method=mgda"],
    { cwd: folder },
  );
  expect(code).toBe(2);
  expect(stderr).toMatch(/mgda takes no preference.*fixed.*epo/);
});

interface Point {
  readonly losses: Readonly<Record<string, number>>;
}
