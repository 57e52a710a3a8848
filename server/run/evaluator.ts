import type { OuterFunctions } from "../../shared/evaluation/evaluation.ts";
import type { Goal } from "../../shared/experiment/goal.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import type { Answer } from "../../shared/protocol/answer.ts";
import type { EvaluateTask, Part } from "../../shared/protocol/task.ts";
import { measure, scoresOf, together } from "../evaluation.ts";
import type { Evaluation, Score, Scores } from "../events.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { RunState } from "../round/learning-parts.ts";
import type { ClientResult } from "./result.ts";
import { seatedAmong } from "./seats.ts";
import { heldOutClient, type ClientCounts, type Setting } from "./setting.ts";

/** The sums of one evaluation, client by client. */
type Answers = ReadonlyMap<Part, readonly Answer[]>;
type Evaluated = Pick<RunState, "model" | "committed" | "clusters">;

/**
 * Evaluates the model of a state on the parts an experiment asks for, and remembers the last evaluation, client by client. Where clients have
 * models of their own, those are evaluated too, each on its own rows. Where there are several models, each client is seated anew, and
 * evaluated by that of its cluster.
 */
export class Evaluator {
  readonly #goals: readonly Goal[];
  readonly #outers: OuterFunctions;
  readonly #fleet: Fleet;
  readonly #parts: readonly Part[];
  readonly #heldOut: boolean;
  readonly #isPersonal: boolean;
  #clients: readonly ClientCounts[];
  #parameters: Float64Array | undefined;
  #answers: Answers = new Map();
  #own: Answers = new Map();
  /** Of each cluster its clients; undefined where there is one model. */
  #seated: readonly (readonly string[])[] | undefined;

  constructor(
    { evaluation }: Experiment,
    { compiled, clients, heldOutRows, outers, assignment }: Setting,
    fleet: Fleet,
  ) {
    this.#goals = compiled.goals;
    this.#outers = outers;
    this.#clients = clients;
    this.#fleet = fleet;
    this.#parts = evaluation.parts;
    this.#heldOut = heldOutRows !== undefined;
    this.#isPersonal = assignment.personal !== undefined;
  }

  /** From now on the rows of these count as well. */
  add(clients: readonly ClientCounts[]): void {
    if (clients.length === 0) return;
    this.#clients = [...this.#clients, ...clients].sort((a, b) => (a.client < b.client ? -1 : 1));
    this.#parameters = undefined;
  }

  /** The scores over all clients together; nothing is computed for the model of the last evaluation. */
  async evaluate({ model: { parameters }, committed, clusters }: Evaluated, signal: AbortSignal): Promise<Evaluation> {
    if (this.#parameters !== parameters) {
      const models = clusters?.models.map((model) => model.parameters);
      const answers = await (models ? this.#measureEach(models, signal) : this.#measure({ parameters }, signal));
      const own = { parameters, personal: true, committed: new Map(Object.entries(committed)) } as const;
      this.#own = this.#isPersonal ? await this.#measure(own, signal) : new Map<Part, readonly Answer[]>();
      this.#answers = answers;
      this.#parameters = parameters;
    }
    return this.last();
  }

  /** The scores of the last evaluation; none before the first. */
  last(): Evaluation {
    const scores = this.#together(this.#answers);
    const clusters = this.#seated?.map(({ length }) => length);
    return {
      scores,
      ...(this.#isPersonal && { personal: this.#together(this.#own) }),
      ...(clusters && { clusters }),
    };
  }

  /** Of each cluster its clients, as the last evaluation has seated them; undefined where there is one model. */
  seated(): readonly (readonly string[])[] | undefined {
    return this.#seated;
  }

  /** Every client's scores in the last evaluation. */
  clients(): ClientResult[] {
    return this.#clients.map(({ client, trainRows, testRows }) => ({
      client,
      trainRows,
      testRows,
      scores: this.#of(client, this.#answers),
      ...(this.#seated && { cluster: this.#seated.findIndex((own) => own.includes(client)) + 1 }),
      ...(this.#isPersonal && { personal: this.#of(client, this.#own) }),
    }));
  }

  /** Of rows that belong to nobody there is no model of one's own. */
  async #measure(task: Omit<EvaluateTask, "kind" | "part">, signal: AbortSignal): Promise<Answers> {
    const answers = new Map<Part, readonly Answer[]>();
    for (const part of this.#parts) {
      const asked = this.#having(part);
      if (asked.length === 0) continue;
      const clients = task.personal === true ? asked.filter((client) => client !== heldOutClient) : asked;
      answers.set(part, await measure(this.#fleet, { ...task, part, clients }, signal));
    }
    return answers;
  }

  /** Each client by the model that fits its training rows best. */
  async #measureEach(models: readonly Float64Array[], signal: AbortSignal): Promise<Answers> {
    const weights = this.#goals.map(({ weight }) => weight);
    this.#seated = await seatedAmong(this.#clients, { models, weights, fleet: this.#fleet }, signal);
    const answers = new Map<Part, readonly Answer[]>();
    for (const part of this.#parts) {
      const asked = this.#having(part);
      if (asked.length === 0) continue;
      const found: Answer[] = [];
      for (const [j, parameters] of models.entries()) {
        const clients = asked.filter((client) => this.#seated![j]!.includes(client));
        found.push(...(await measure(this.#fleet, { parameters, part, clients }, signal)));
      }
      answers.set(
        part,
        found.sort((a, b) => (a.client < b.client ? -1 : 1)),
      );
    }
    return answers;
  }

  /** Whose rows of a part there are. */
  #having(part: Part): readonly string[] {
    if (part === "test" && this.#heldOut) return [heldOutClient];
    return this.#clients.filter((counts) => rowsOf(counts, part) > 0).map(({ client }) => client);
  }

  #together(answers: Answers): Scores {
    return byObjective(
      [...answers].map(([part, own]) => [part, scoresOf(together(own, this.#goals), this.#goals, this.#outers)]),
    );
  }

  #of(client: string, answers: Answers): Scores {
    return byObjective(
      [...answers].flatMap(([part, all]) =>
        all
          .filter((answer) => answer.client === client)
          .map((answer) => [part, scoresOf(answer, this.#goals, this.#outers)] as const),
      ),
    );
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
