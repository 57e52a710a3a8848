import { describe, expect, test } from "vitest";
import { TributaryError } from "../../../shared/errors.ts";
import type { DataSchema } from "../../../shared/data/schema.ts";
import { decodeExperiment } from "../../../shared/experiment/decode.ts";
import { parseOverride, type Override } from "../../../shared/experiment/override.ts";
import { changed, smallExperiment } from "../../support/experiments.ts";

const set = (text: string): Override => parseOverride(text)!;

/** The lines of the refusal. */
function problems(text: string, ...overrides: string[]): string[] {
  try {
    decodeExperiment("run.yaml", text, { overrides: overrides.map(set) });
  } catch (error) {
    expect(error).toBeInstanceOf(TributaryError);
    expect((error as TributaryError).code).toBe("invalid-experiment");
    return (error as TributaryError).message.split("\n");
  }
  throw new Error("expected a refusal");
}

describe("a sound experiment", () => {
  test("comes out with every default filled in", () => {
    const experiment = decodeExperiment("run.yaml", smallExperiment);
    expect(experiment.precision).toBe("float32");
    expect(experiment.model).toEqual({
      trunk: { kind: "linear" },
      heads: { goal: { outputs: 1, bias: true } },
      initial: { kind: "glorot-uniform", gain: 1 },
    });
    expect(experiment.objectives["goal"]).toMatchObject({ loss: { kind: "bce-with-logits", posWeight: 1 }, weight: 1 });
    expect(experiment.federation).toMatchObject({
      mode: "update",
      normalizer: "cohort",
      serverOptimizer: { kind: "sgd", learningRate: 1 },
    });
    expect(experiment.data.standardize).toEqual({ scope: "none", ddof: 0, epsilon: 0, columns: "numeric" });
  });

  test("means the same when it is decoded a second time", () => {
    const once = decodeExperiment("run.yaml", smallExperiment);
    expect(decodeExperiment("run.json", JSON.stringify(once))).toEqual(once);
  });

  test("has a data section that is a data schema", () => {
    const schema: DataSchema = decodeExperiment("run.yaml", smallExperiment).data;
    expect(schema.features.numeric).toEqual(["x1", "x2"]);
  });

  test("may be written as JSON", () => {
    const written =
      '{"tributary":1,"name":"j","data":{"features":{"numeric":["x"]},"targets":{"y":{"column":"y"}}},"model":{"heads":{"y":1}},"objectives":{"y":{"head":"y","target":"y","loss":"mse"}},"federation":{"mode":"gradient","rounds":1,"serverOptimizer":{"kind":"sgd","learningRate":1}}}';
    expect(decodeExperiment("run.json", written).name).toBe("j");
  });

  test("has its relative paths start from its own folder, and those of the command line from the working folder", () => {
    const experiment = decodeExperiment("run.yaml", smallExperiment, {
      folder: "/lab",
      overrideFolder: "/home",
      overrides: [set("simulation.clients.south=mine.csv")],
    });
    expect(experiment.simulation?.clients).toEqual({ north: "/lab/data/north.csv", south: "/home/mine.csv" });
  });

  test("writes a pixel's scale as a ratio", () => {
    const text = changed(
      "    numeric: [x1, x2]\n",
      "    numeric: [x1, x2]\n    image: { column: y, shape: [2, 2, 1], scale: 1/255 }\n",
    );
    expect(decodeExperiment("run.yaml", text).data.features.image?.scale).toBe(1 / 255);
  });
});

describe("a problem is reported with its line, its column and what was expected", () => {
  test.each([
    ["a typo in a key", changed("seed: 7", "sed: 7"), 'run.yaml:3:1 sed: is not a known key: did you mean "seed"?'],
    [
      "a key nobody knows",
      changed("seed: 7", "flavour: 7"),
      /^run.yaml:3:1 flavour: is not a known key: expected one of tributary, name, /,
    ],
    [
      "a text where a number belongs",
      changed("rounds: 3", "rounds: many"),
      'run.yaml:18:11 federation.rounds: expected a number, got "many"',
    ],
    [
      "a fraction where a whole number belongs",
      changed("rounds: 3", "rounds: 2.5"),
      "run.yaml:18:11 federation.rounds: expected a whole number, got 2.5",
    ],
    [
      "a number out of range",
      changed("rounds: 3", "rounds: 0"),
      "run.yaml:18:11 federation.rounds: expected a number of at least 1, got 0",
    ],
    ["a missing key", changed("  rounds: 3\n", ""), "run.yaml:16:1 federation.rounds: is missing: expected a number"],
    [
      "an unknown choice",
      changed("mode: update", "mode: updat"),
      'run.yaml:17:9 federation.mode: is "updat": did you mean "update"?',
    ],
    [
      "an unknown kind, deep inside",
      changed("kind: sgd", "kind: sdg"),
      'run.yaml:19:31 federation.local.optimizer.kind: is "sdg": did you mean "sgd"?',
    ],
    [
      "one of a few words",
      changed("seed: 7", "precision: float23"),
      'run.yaml:3:12 precision: expected one of float32, float64, got "float23": did you mean "float32"?',
    ],
    [
      "a value of no allowed kind",
      changed("heads: { goal: 1 }", "heads: { goal: no }"),
      'run.yaml:13:18 model.heads.goal: expected a number or a map of keys, got "no"',
    ],
    [
      "the right kind with something wrong inside",
      changed("heads: { goal: 1 }", "heads: { goal: { outputs: 1, bais: true } }"),
      'run.yaml:13:32 model.heads.goal.bais: is not a known key: did you mean "bias"?',
    ],
    [
      "a loss nobody knows",
      changed("bce-with-logits", "bce-with-logit"),
      /^run.yaml:15:43 objectives.goal.loss: expected one of mse, .*, got "bce-with-logit": did you mean "bce-with-logits"\?$/,
    ],
    [
      "an option the loss does not have",
      changed("loss: bce-with-logits", "loss: { kind: bce-with-logits, posWieght: 2 }"),
      'run.yaml:15:68 objectives.goal.loss.posWieght: is not a known key: did you mean "posWeight"?',
    ],
    [
      "an option out of the loss's own range",
      changed("loss: bce-with-logits", "loss: { kind: bce-with-logits, posWeight: -2 }"),
      "run.yaml:15:79 objectives.goal.loss.posWeight: expected a number of more than 0, got -2",
    ],
    [
      "a loss for another kind of target",
      changed("loss: bce-with-logits", "loss: ordinal-coral"),
      "run.yaml:15:43 objectives.goal.loss: ordinal-coral takes targets of the kind level, got a binary",
    ],
    [
      "a head of the wrong width",
      changed("heads: { goal: 1 }", "heads: { goal: 3 }"),
      'run.yaml:13:18 model.heads.goal: has 3 outputs, but bce-with-logits on the target "goal" needs 1',
    ],
    [
      "a head that is not declared",
      changed("head: goal", "head: gaol"),
      'run.yaml:15:17 objectives.goal.head: names the head "gaol", which is not declared: did you mean "goal"?',
    ],
    [
      "a column the header lacks",
      changed("[x1, x2]\n", "[x1, x3]\n"),
      'run.yaml:7:19 data.features.numeric.1: names the column "x3", which is not declared: did you mean "x1"?',
    ],
    [
      "a metric nobody knows",
      changed("[accuracy]", "[acuracy]"),
      /^run.yaml:21:21 evaluation.metrics.goal.0: expected one of accuracy, .*, got "acuracy": did you mean "accuracy"\?$/,
    ],
    [
      "a metric for another kind of target",
      changed("[accuracy]", "[rmse]"),
      "run.yaml:21:21 evaluation.metrics.goal.0: rmse is for targets of the kind number, got a binary",
    ],
    [
      "a metric that is for other losses",
      changed("[accuracy]", "[active-share]"),
      "run.yaml:21:21 evaluation.metrics.goal.0: active-share is for losses that are 0 once a margin is met, such as hinge, got bce-with-logits",
    ],
    [
      "a metric of groups without any",
      changed("[accuracy]", "[ndcg@5]"),
      "run.yaml:21:21 evaluation.metrics.goal.0: ndcg@5 joins the rows of a group: say which in evaluation.groups: { goal: <target> }, or { goal: { by: client } }",
    ],
    [
      "groups that are none",
      changed("[accuracy] }", "[ndcg@5] }\n  groups: { goal: goal }"),
      'run.yaml:22:19 evaluation.groups.goal: names the target "goal", which marks no groups: declare it with group: true',
    ],
    [
      "a metric of survival times where there are none",
      changed("[accuracy]", "[concordance]"),
      "run.yaml:21:21 evaluation.metrics.goal.0: concordance is for losses on times until an event, such as cox, got bce-with-logits",
    ],
    [
      "metrics for no objective",
      changed("metrics: { goal:", "metrics: { gaol:"),
      'run.yaml:21:20 evaluation.metrics.gaol: names the objective "gaol", which is not declared: did you mean "goal"?',
    ],
    [
      "a quorum no round can reach",
      changed("  rounds: 3", "  rounds: 3\n  clients: { quorum: 5 }"),
      "run.yaml:19:22 federation.clients.quorum: is 5, but a round has only 2 clients",
    ],
    [
      "more clients than there are",
      changed("  rounds: 3", "  rounds: 3\n  clients: { select: { count: 9 } }"),
      "run.yaml:19:31 federation.clients.select.count: is 9, but there are only 2 clients",
    ],
    [
      "a draw from among all",
      changed("  rounds: 3", "  rounds: 3\n  clients: { draw: { kind: by-size } }"),
      "run.yaml:19:28 federation.clients.draw.kind: is by-size, and select is all: say how many are drawn, with count or fraction",
    ],
    [
      "a weighted draw beside weighted shares",
      changed(
        "  rounds: 3",
        "  rounds: 3\n  shares: { kind: uniform }\n  clients: { select: { count: 1 }, draw: { kind: by-size } }",
      ),
      "run.yaml:20:50 federation.clients.draw.kind: is by-size, which says what each change counts for, and so do shares: leave out shares",
    ],
    [
      "epochs and steps together",
      changed("epochs: 1", "epochs: 1, steps: 2"),
      "run.yaml:19:10 federation.local: expected either epochs or steps",
    ],
    ["broken YAML", changed("seed: 7", "seed: [7"), /^run.yaml:4:\d+ /],
    [
      "a key given twice",
      changed("seed: 7", "seed: 7\nseed: 8"),
      /^run.yaml:4:1 the key seed stands twice in the same map/,
    ],
    ["an empty file", "", "run.yaml:1:1 experiment: expected a map of keys, got nothing"],
  ])("%s", (_, text, message) => {
    const lines = problems(text);
    expect(lines).toHaveLength(1);
    if (message instanceof RegExp) expect(lines[0]).toMatch(message);
    else expect(lines[0]).toBe(message);
  });

  test("what is watched must be evaluated", () => {
    expect(problems(`${smallExperiment}stop: { watch: goal/test/auk, patience: 2 }\n`)).toEqual([
      'run.yaml:24:16 stop.watch: names the metric "auk", which is not declared: expected one of loss, accuracy',
    ]);
    expect(
      problems(
        changed("  split: { test: 0.25, stratify: goal }\n", "") + "stop: { watch: goal/test/loss, patience: 2 }\n",
      ),
    ).toEqual([
      "run.yaml:23:16 stop.watch: watches test rows, but there are none: give data.split, simulation.test or simulation.clientTests",
    ]);
  });
});

test("all problems are reported together, in the order of the file", () => {
  const text = changed("seed: 7", "seed: minus")
    .replace("stratify: goal", "stratify: gaol")
    .replace("learningRate: 0.1", "learningRate: -0.1, momentun: 0.9")
    .replace("loss: bce-with-logits", "loss: bce-with-logits, wieght: 2");
  expect(problems(text)).toEqual([
    'run.yaml:3:7 seed: expected a number, got "minus"',
    'run.yaml:11:34 data.split.stratify: names the target "gaol", which is not declared: did you mean "goal"?',
    'run.yaml:15:60 objectives.goal.wieght: is not a known key: did you mean "weight"?',
    "run.yaml:19:50 federation.local.optimizer.learningRate: expected a number of more than 0, got -0.1",
    'run.yaml:19:56 federation.local.optimizer.momentun: is not a known key: did you mean "momentum"?',
  ]);
});

describe("--set", () => {
  test("changes, adds and reaches into lists, the last one winning", () => {
    const overrides = [
      "federation.rounds=8",
      "federation.rounds=9",
      "precision=float64",
      "data.features.numeric.1=x1x",
      "data.header=[x1, x1x, colour, y]",
    ];
    const experiment = decodeExperiment("run.yaml", smallExperiment, { overrides: overrides.map(set) });
    expect(experiment.federation.rounds).toBe(9);
    expect(experiment.precision).toBe("float64");
    expect(experiment.data.features.numeric).toEqual(["x1", "x1x"]);
  });

  test("is named as the origin of what it broke", () => {
    expect(problems(smallExperiment, "federation.rounds=many", "sede=1")).toEqual([
      '--set federation.rounds=many federation.rounds: expected a number, got "many"',
      '--set sede=1 sede: is not a known key: did you mean "seed"?',
    ]);
  });

  test("cannot reach into a single value, nor give broken YAML", () => {
    expect(problems(smallExperiment, "objectives.goal.loss.delta=2", "seed=[1")).toEqual([
      '--set objectives.goal.loss.delta=2 cannot be set: something on the way to "objectives.goal.loss.delta" is a single value, not a map or a list',
      expect.stringMatching(/^--set seed=\[1 /),
    ]);
  });

  test("needs a path and an equals sign", () => {
    expect(parseOverride("rounds")).toBeUndefined();
    expect(parseOverride("=3")).toBeUndefined();
    expect(parseOverride("a.b=c=d")).toEqual({ path: ["a", "b"], value: "c=d", origin: "--set a.b=c=d" });
  });
});
