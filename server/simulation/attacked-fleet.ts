/**
 * A fleet with liars among its clients, to try rules against them (`simulation.attack`). The liars work like the others; what they send
 * is changed on its way, by what all honest clients have sent, which the worst of them know.
 *
 * It speaks of mean gradients, as rules see them: a client's vectors are divided by its denominators, and multiplied by them again.
 */
import { unknownName } from "../../shared/errors.ts";
import type { AttackConfig } from "../../shared/experiment/simulated.ts";
import type { Answer } from "../../shared/protocol/answer.ts";
import type { Task } from "../../shared/protocol/task.ts";
import { Random } from "../../shared/random.ts";
import { quotient } from "../../shared/tensor/vector.ts";
import { gaussian, innerProduct, littleIsEnough, minMax, signFlip } from "../aggregation/attacks.ts";
import type { Accepted, ClientVectors, Fleet, Report } from "../fleet/fleet.ts";
import type { Place } from "../round/place.ts";

/** Attacks on vectors; the others spoil the liars' data (`poison.ts`). */
const onVectors = (kind: AttackConfig["kind"]): boolean => kind !== "label-flip";

/** The liars: those named, or a share of all, drawn from the seed. Throws "unknown-name" for one who is no client: nobody would lie. */
export function liarsAmong(
  members: readonly string[],
  { share, clients }: AttackConfig,
  random: Random,
): readonly string[] {
  const stranger = clients?.find((client) => !members.includes(client));
  if (stranger !== undefined) throw unknownName("client of simulation.attack", stranger, members);
  if (clients !== undefined) return clients;
  const drawn = [...random.permutation(members.length)].slice(0, Math.round((share ?? 0) * members.length));
  return drawn.map((i) => members[i]!).sort();
}

export class AttackedFleet implements Fleet {
  readonly members: readonly string[];
  readonly #fleet: Fleet;
  readonly #attack: AttackConfig;
  readonly #liars: ReadonlySet<string>;
  readonly #random: Random;

  constructor(fleet: Fleet, attack: AttackConfig, liars: readonly string[], random: Random) {
    this.members = fleet.members;
    this.#fleet = fleet;
    this.#attack = attack;
    this.#liars = new Set(liars);
    this.#random = random;
  }

  async *run(task: Task, place: Place, cohort: readonly string[], signal: AbortSignal): AsyncGenerator<Report> {
    const learns = task.kind === "train" || task.kind === "gradient";
    if (!learns || !onVectors(this.#attack.kind)) {
      yield* this.#fleet.run(task, place, cohort, signal);
      return;
    }
    const accepted: Accepted[] = [];
    for await (const report of this.#fleet.run(task, place, cohort, signal)) {
      if (report.type === "accepted") accepted.push(report);
      else yield report;
    }
    if (accepted.length > 0) yield this.#attacked(task, accepted);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#fleet[Symbol.asyncDispose]();
  }

  #attacked(task: Task, reports: readonly Accepted[]): Accepted {
    const answers = reports.flatMap((report) => report.answers);
    const updates = reports.flatMap((report) => report.updates ?? []).sort((a, b) => (a.client < b.client ? -1 : 1));
    const own = new Map(answers.map((answer) => [answer.client, answer]));
    const scale = (client: string, i: number): number =>
      task.kind === "gradient" ? own.get(client)!.contributions[i]!.denominator || 1 : 1;
    const honest = updates.filter(({ client }) => !this.#liars.has(client));
    const unit = ({ client, vectors }: ClientVectors, i: number): Float64Array =>
      quotient(vectors[i]!, scale(client, i));
    const agreed = (honest[0]?.vectors ?? []).map((_, i) => this.#agreed(honest.map((one) => unit(one, i))));
    const changed = updates.map((update): ClientVectors => {
      if (!this.#liars.has(update.client) || honest.length === 0) return update;
      const vectors = update.vectors.map((_, i) => {
        const random = this.#random.fork(
          task.kind === "train" || task.kind === "gradient" ? task.round : 0,
          update.client,
          i,
        );
        const sent = agreed[i] ?? this.#alone(unit(update, i), random);
        return sent.map((x) => x * scale(update.client, i));
      });
      return { client: update.client, vectors };
    });
    const broken = this.#attack.kind === "nan" ? this.#liars : new Set<string>();
    const marked = answers.map((answer): Answer => (broken.has(answer.client) ? { ...answer, nonFinite: 1 } : answer));
    return {
      type: "accepted",
      answers: marked,
      vectors: [],
      updates: changed.filter(({ client }) => !broken.has(client)),
    };
  }

  /** What all liars send alike, by what the honest have sent; undefined where each has its own. */
  #agreed(honest: readonly Float64Array[]): Float64Array | undefined {
    const attack = this.#attack;
    switch (attack.kind) {
      case "sign-flip":
        return signFlip(honest);
      case "alie":
        return littleIsEnough(honest, attack.tau);
      case "ipm":
        return innerProduct(honest, attack.tau);
      case "min-max":
        return minMax(honest);
      default:
        return undefined;
    }
  }

  #alone(own: Float64Array, random: Random): Float64Array {
    const attack = this.#attack;
    switch (attack.kind) {
      case "gaussian":
        return gaussian(own.length, attack.sigma, random);
      case "zeros":
        return own.fill(0);
      case "backdoor":
        return own.map((x) => x * attack.scale);
      default:
        return own;
    }
  }
}
