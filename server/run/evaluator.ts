import type { OuterFunctions } from "../../shared/evaluation/evaluation.ts";
import type { Goal } from "../../shared/experiment/goals.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import type { Answer } from "../../shared/protocol/answer.ts";
import type { Part } from "../../shared/protocol/task.ts";
import { measure, scoresOf, together } from "../evaluation.ts";
import type { Score, Scores } from "../events.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { ClientResult } from "./result.ts";
import { heldOutClient, type ClientCounts, type Setting } from "./setting.ts";

/** Evaluates models on the parts an experiment asks for, and remembers the last evaluation, client by client. */
export class Evaluator {
  readonly #goals: readonly Goal[];
  readonly #outers: OuterFunctions;
  readonly #clients: readonly ClientCounts[];
  readonly #fleet: Fleet;
  readonly #asked: ReadonlyMap<Part, readonly string[]>;
  #parameters: Float64Array | undefined;
  #answers = new Map<Part, readonly Answer[]>();

  constructor({ evaluation }: Experiment, { compiled, clients, heldOutRows, outers }: Setting, fleet: Fleet) {
    const having = (part: Part): string[] =>
      part === "test" && heldOutRows !== undefined
        ? [heldOutClient]
        : clients.filter((counts) => rowsOf(counts, part) > 0).map(({ client }) => client);
    this.#goals = compiled.goals;
    this.#outers = outers;
    this.#clients = clients;
    this.#fleet = fleet;
    const asked = evaluation.parts.map((part) => [part, having(part)] as const);
    this.#asked = new Map(asked.filter(([, some]) => some.length > 0));
  }

  /** The scores of a model over all clients together; nothing is computed for the model of the last evaluation. */
  async scores(parameters: Float64Array, signal: AbortSignal): Promise<Scores> {
    if (this.#parameters !== parameters) {
      const answers = new Map<Part, readonly Answer[]>();
      for (const [part, clients] of this.#asked) {
        answers.set(part, await measure(this.#fleet, { parameters, part, clients }, signal));
      }
      this.#answers = answers;
      this.#parameters = parameters;
    }
    return this.last();
  }

  /** The scores of the last evaluation; none before the first. */
  last(): Scores {
    return byObjective(
      [...this.#answers].map(([part, answers]) => [
        part,
        scoresOf(together(answers, this.#goals), this.#goals, this.#outers),
      ]),
    );
  }

  /** Every client's scores in the last evaluation. */
  clients(): ClientResult[] {
    return this.#clients.map(({ client, trainRows, testRows }) => {
      const own = [...this.#answers].flatMap(([part, answers]) =>
        answers
          .filter((answer) => answer.client === client)
          .map((answer) => [part, scoresOf(answer, this.#goals, this.#outers)] as const),
      );
      return { client, trainRows, testRows, scores: byObjective(own) };
    });
  }
}

const rowsOf = ({ trainRows, testRows }: ClientCounts, part: Part): number => (part === "train" ? trainRows : testRows);

/** Part → objective → score, turned round. */
function byObjective(parts: readonly (readonly [Part, Readonly<Record<string, Score>>])[]): Scores {
  const scores: Record<string, Partial<Record<Part, Score>>> = {};
  for (const [part, objectives] of parts) {
    for (const [objective, score] of Object.entries(objectives))
      scores[objective] = { ...scores[objective], [part]: score };
  }
  return scores;
}
