/** LightGBM's ranking example: 3,005 documents of 201 queries over ten clients, 768 documents of 50 queries held out. */
import { describe, expect, test } from "vitest";
import { simulate } from "../../../server/simulation/simulate.ts";
import type { Experiment } from "../../../shared/experiment/schema.ts";
import { withQueries } from "../../support/prepared-data.ts";
import { long, realData, realExperiment } from "../../support/real-data.ts";

const data = realData("letor_lightgbm", ["rank.train", "rank.train.query", "rank.test", "rank.test.query"]);

function experiment(): Experiment {
  const [train, held] = (["rank.train", "rank.test"] as const).map((file) =>
    withQueries(data.path(file), data.path(`${file}.query`)),
  );
  return realExperiment("letor.yaml", { data: train!, test: held! });
}

const sgd = { kind: "sgd", nesterov: false, weightDecay: 0 } as const;

describe.skipIf(data.absent)(data.title("ranking over ten clients that hold whole queries"), () => {
  test.runIf(long)(
    "pointwise ridge has the NDCG@1/3/5 of one machine, .529, .616, .661 (scikit-learn, penalty 100)",
    async () => {
      const { objectives, federation, ...rest } = experiment();
      if (federation.mode !== "gradient") throw new Error("expected gradient mode");
      const pointwise: Experiment = {
        ...rest,
        precision: "float64",
        model: { ...rest.model, heads: { score: { outputs: 1, bias: true } } },
        objectives: { rank: { ...objectives["rank"]!, loss: { kind: "mse", half: false }, inputs: {} } },
        // Σe² + 100·‖w‖², over 3005 rows; the intercept is free
        regularizers: [{ kind: "l2", lambda: 100 / 3005, parameters: "heads/score/weight" }],
        federation: { ...federation, rounds: 800, serverOptimizer: { ...sgd, learningRate: 0.02, momentum: 0.95 } },
        evaluation: { ...rest.evaluation, everyRounds: 800, groups: { rank: "query" } },
      };
      const { metrics } = await simulate(pointwise, { threads: 2 });
      expect(metrics["rank/test/ndcg@1"]).toBeCloseTo(0.5286, 3);
      expect(metrics["rank/test/ndcg@3"]).toBeCloseTo(0.6161, 3);
      expect(metrics["rank/test/ndcg@5"]).toBeCloseTo(0.6614, 3);
    },
  );

  test("a listwise loss does better than any of them: NDCG@5 of at least .67 by lambdarank", async () => {
    const { metrics } = await simulate(experiment(), { threads: 2 });
    expect(metrics["rank/test/ndcg@5"]).toBeGreaterThanOrEqual(0.67);
  });
});
