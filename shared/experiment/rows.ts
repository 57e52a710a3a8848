/** The rows of a batch as objectives see them: the model run on the rows that count, and the inputs of each loss by its own names. */
import { notEqual, or, randomUniform } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import { formsOf } from "../losses/inputs.ts";
import { firstValues } from "../losses/parameters.ts";
import type { FeatureShapes, HeadSpec, Model, ParameterSpec } from "../models/model.ts";
import { trace, type Traced } from "../models/trace.ts";
import type { Features } from "../objectives/adversarial.ts";
import { withoutAbsent } from "../objectives/objective.ts";
import { underAttack } from "../objectives/robust.ts";
import type { Random } from "../random.ts";
import type { Goal } from "./goal.ts";
import type { ProgramInputs } from "./program-inputs.ts";
import { asDataInput, asModelInput, oneGroup } from "./sources.ts";

/** What all programs of an experiment have in common but for their penalties. */
export interface RowParts {
  readonly model: Model;
  readonly heads: Readonly<Record<string, HeadSpec>>;
  readonly features: FeatureShapes;
  readonly goals: readonly Goal[];
  /** Number of the dropout stream; different for different seeds. */
  readonly salt: number;
}

export interface Rows {
  /** The model on the features themselves. */
  readonly traced: Traced;
  readonly seen: ReadonlyMap<Goal, Seen>;
}

/** What one objective sees of a batch. */
export interface Seen {
  /** The inputs of the loss, its parameters among them. */
  readonly inputs: Readonly<Record<string, Node>>;
  readonly weights: Node;
  /** The target as the data hold it, where there is one. */
  readonly raw: Node | undefined;
}

/** The parameters that losses learn with the model: `loss/<objective>/<name>`. */
export const lossParameters = (goals: readonly Goal[]): ParameterSpec[] =>
  goals.flatMap(({ name, loss }) =>
    Object.entries(loss.parameters).map(([parameter, spec]) => ({
      name: `loss/${name}/${parameter}`,
      shape: spec.shape,
      scope: "shared" as const,
      role: { kind: "own" as const, first: (random: Random) => firstValues(spec, random) },
    })),
  );

/** Runs the model on the rows that count for some objective, once for the features and once for each view of them. */
export function seeRows(parts: RowParts, declared: ProgramInputs, batch: number, training: boolean): Rows {
  const present = parts.goals.map(({ name }) => notEqual(declared.weight(name), 0)).reduce((a, b) => or(a, b));
  let draws = 0;
  const uniform = (size: number): Node =>
    randomUniform(declared.exampleId(), declared.step(), { size, salt: (parts.salt + draws++) % 0x80000000 });
  const plain = (name: string, view?: string): Node =>
    withoutAbsent(present, declared.feature(name, parts.features, view));
  const run = (feature: (name: string) => Node, sharing?: Traced): Traced =>
    trace({
      ...parts,
      batch,
      training,
      present,
      further: lossParameters(parts.goals),
      ...(sharing && { sharing }),
      feature,
      uniform: (_, size) => uniform(size),
    });
  const traced = run(plain);
  const views = new Map<string | undefined, Traced>([[undefined, traced]]);
  const viewOf: Views = (view) => {
    const known = views.get(view) ?? run((name) => plain(name, view), traced);
    views.set(view, known);
    return known;
  };
  /** The views with the features themselves replaced where others are shown. */
  const showing = (shown: Features): Views => {
    const moved = run((name) => shown[name] ?? plain(name), traced);
    return (view) => (view === undefined ? moved : viewOf(view));
  };
  const numbers = Object.entries(parts.features).filter(([, { dtype }]) => dtype === "real");
  const seen = parts.goals.map((goal) => {
    const weights = declared.weight(goal.name);
    const inputsOf = (from: Views): Inputs => see(goal, traced, from, declared, batch);
    const raw = goal.target === undefined ? undefined : declared.target(goal.target, goal.facts);
    if (!training || goal.attack === undefined || goal.loss.kind === "two-phase")
      return [goal, { inputs: inputsOf(viewOf), weights, raw }] as const;
    const features = Object.fromEntries(numbers.map(([name]) => [name, plain(name)]));
    const inputsAt = (shown: Features): Inputs => inputsOf(shown === features ? viewOf : showing(shown));
    return [
      goal,
      { inputs: underAttack(goal.loss, goal.attack, { features, inputsAt, weights, uniform }), weights, raw },
    ] as const;
  });
  return { traced, seen: new Map(seen) };
}

/** The model run on a view of the data, or on the data themselves. */
type Views = (view: string | undefined) => Traced;
type Inputs = Readonly<Record<string, Node>>;

/** The inputs of a loss, by its own names. */
function see(goal: Goal, traced: Traced, viewOf: Views, declared: ProgramInputs, batch: number): Inputs {
  const inputs: Record<string, Node> = {};
  for (const [name, source] of Object.entries(goal.inputs)) {
    const forms = formsOf(goal.loss.inputs[name]!); // the decoder has checked the name
    if (source.from === "head") inputs[name] = asModelInput(forms, viewOf(source.view).heads[source.head]!, goal.facts);
    else if (source.from === "client") inputs[name] = oneGroup(batch);
    else inputs[name] = asDataInput(forms, declared.target(source.target, source.facts), source.facts);
  }
  for (const { name, node } of traced.parameters) {
    const prefix = `loss/${goal.name}/`;
    if (name.startsWith(prefix)) inputs[name.slice(prefix.length)] = node;
  }
  return inputs;
}
