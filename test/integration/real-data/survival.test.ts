/**
 * Cox regression on data of R's `survival`. Coefficients on flchain are those of a Newton solver in NumPy float64 (step halving, to
 * 1e-12), which on veteran has every digit that R's coxph prints, and they are checked against R there; those on colon are R's own output,
 * as analyses that are public print it.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { simulate } from "../../../server/simulation/simulate.ts";
import type { Experiment } from "../../../shared/experiment/schema.ts";
import { coefficientsOf } from "../../support/coefficients.ts";
import { temporaryFile } from "../../support/prepared-data.ts";
import { long, realData, realExperiment } from "../../support/real-data.ts";
import { freshDirectory } from "../../support/scene.ts";

const flchain = realData("survival_r", ["flchain.csv"]);
const veteran = realData("survival_r", ["veteran.csv"]);
const colon = realData("survival_r", ["colon.csv"]);

type Ties = "efron" | "breslow";
type Coefficients = Readonly<Record<string, number>>;

/** The times of events, ascending: what a federation agrees on before cox-global. */
function eventTimes(path: string, time: string, event: string): number[] {
  const [header, ...lines] = readFileSync(path, "utf8").trim().split("\n");
  const names = header!.split(",");
  const rows = lines.map((line) => line.split(","));
  const times = rows.filter((row) => row[names.indexOf(event)] === "1").map((row) => Number(row[names.indexOf(time)]));
  return [...new Set(times)].sort((a, b) => a - b);
}

/** The same federation with one risk set for all clients. */
function overall(experiment: Experiment, grid: readonly number[], ties: Ties): Experiment {
  const risk = { ...experiment.objectives["risk"]!, inputs: { time: "days", event: "died" } };
  const loss = { kind: "cox-global", grid, ties, origin: 0, tieTerms: 64 } as const;
  return { ...experiment, objectives: { risk: { ...risk, loss } } };
}

async function learned(experiment: Experiment): Promise<Coefficients> {
  const out = freshDirectory();
  await simulate(experiment, { threads: 2, out });
  return coefficientsOf(out, "risk");
}

function expectAll(found: Coefficients, wanted: Coefficients, digits: number): void {
  for (const [name, value] of Object.entries(wanted)) expect(found[name], name).toBeCloseTo(value, digits);
}

describe.skipIf(flchain.absent)(flchain.title("7,874 people over nine years (flchain)"), () => {
  test.each<[Ties, Coefficients]>([
    ["efron", { age: 0.108487601, "sex=M": 0.33892512, kappa: 0.052798632, lambda: 0.195809073 }],
    ["breslow", { age: 0.108473488, "sex=M": 0.338900458, kappa: 0.052856804, lambda: 0.195724419 }],
  ])(
    "stratified by client: coxph(Surv(futime, death) ~ age + sex + kappa + lambda + strata(sample.yr)), %s",
    async (ties, wanted) => {
      const experiment = realExperiment("flchain.yaml", { data: flchain.path("flchain.csv") });
      const risk = { ...experiment.objectives["risk"]!, loss: { kind: "cox", ties } as const };
      expectAll(await learned({ ...experiment, objectives: { risk } }), wanted, 4);
    },
  );

  test.runIf(long).each<[Ties, Coefficients]>([
    ["efron", { age: 0.107415646, "sex=M": 0.334854597, kappa: 0.066120546, lambda: 0.181864871 }],
    ["breslow", { age: 0.10740359, "sex=M": 0.334835778, kappa: 0.066149161, lambda: 0.181800384 }],
  ])("over all clients, by risk sets on the shared times of deaths: without strata, %s", async (ties, wanted) => {
    const path = flchain.path("flchain.csv");
    const experiment = realExperiment("flchain.yaml", { data: path });
    expectAll(await learned(overall(experiment, eventTimes(path, "futime", "death"), ties)), wanted, 4);
  });
});

describe.skipIf(veteran.absent)(veteran.title("137 veterans over four cell types"), () => {
  const veterans = (): Experiment => realExperiment("veteran.yaml", { data: veteran.path("veteran.csv") });

  test("over all clients: what R prints for coxph(Surv(time, status) ~ ., veteran), which has Efron's ties", async () => {
    const experiment = overall(veterans(), eventTimes(veteran.path("veteran.csv"), "time", "status"), "efron");
    const printed = {
      trt: 0.2946,
      "celltype=smallcell": 0.8616,
      "celltype=adeno": 1.196,
      "celltype=large": 0.4013,
      karno: -0.03282,
      diagtime: 8.132e-5,
      age: -8.706e-3,
      prior: 7.159e-3,
    };
    const found = await learned(experiment);
    for (const [name, value] of Object.entries(printed)) expect(Number(found[name]!.toPrecision(4)), name).toBe(value);
  });

  test("stratified by client, with strata(celltype) in the place of its coefficients", async () => {
    const experiment = veterans();
    const { features } = experiment.data;
    const found = await learned({
      ...experiment,
      data: { ...experiment.data, features: { ...features, categorical: {} } },
    });
    expectAll(
      found,
      { trt: 0.285901649, karno: -0.038262232, diagtime: -0.003439109, age: -0.011820531, prior: 0.016906852 },
      6,
    );
  });
});

describe.skipIf(colon.absent)(colon.title("929 patients with colon cancer (colon, deaths) over seven clients"), () => {
  /** Of the two records of each patient, that of death. */
  const deaths = (): string => {
    const [header, ...rows] = readFileSync(colon.path("colon.csv"), "utf8").trim().split("\n");
    return temporaryFile("deaths.csv", [header!, ...rows.filter((row) => row.endsWith(",2"))].join("\n"));
  };
  test.each<[string, readonly string[], Coefficients]>([
    ["rx", [], { "rx=Lev": -0.02664, "rx=Lev+5FU": -0.37171 }],
    [
      "rx + age + sex + nodes",
      ["age", "sex", "nodes"],
      { "rx=Lev": -0.08007, "rx=Lev+5FU": -0.40253, age: 0.00533, sex: -0.02826, nodes: 0.09275 },
    ],
  ])("what R prints for coxph(Surv(time, status) ~ %s, colon, subset = etype == 2)", async (_, numeric, printed) => {
    const data = deaths();
    const experiment = realExperiment("colon.yaml", { data });
    const features = { ...experiment.data.features, numeric: [...numeric] };
    const asked = { ...experiment, data: { ...experiment.data, features } };
    const found = await learned(overall(asked, eventTimes(data, "time", "status"), "efron"));
    for (const [name, value] of Object.entries(printed)) expect(Number(found[name]!.toFixed(5)), name).toBe(value);
  });
});
