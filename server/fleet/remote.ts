/**
 * A fleet of clients on other machines. One exchange at a time: every client of the cohort is offered the task under a lease; what it
 * sends back is checked, made durable, acknowledged, and added up where it arrives. Memory follows the model, not the cohort.
 *
 * A client that goes away is waited for, for `absenceMs`: its lease holds, and it goes on where it stopped, or begins anew, to the same
 * bits. Only then has it left. What a place holds already (after a restart) is taken from the store, and not asked for again.
 */
import { bytesPer } from "../../shared/kernels/module.ts";
import type { Assignment } from "../../shared/protocol/assignment.ts";
import { encodeAssignment } from "../../shared/protocol/assignment-wire.ts";
import { bytesOf, type Content } from "../../shared/protocol/content.ts";
import { encodeTask, type SentVector } from "../../shared/protocol/task-wire.ts";
import { sheetLayout, type SheetLayout } from "../../shared/protocol/sheet.ts";
import type { Task, Vector } from "../../shared/protocol/task.ts";
import { packHalf } from "../../shared/protocol/vectors-wire.ts";
import { roundToHalf } from "../../shared/tensor/half.ts";
import type { Place } from "../round/place.ts";
import type { ContentScope } from "./contents.ts";
import type { Fleet, Report } from "./fleet.ts";
import { RemoteExchange, type RemoteFleetOptions } from "./remote-exchange.ts";

export class RemoteFleet implements Fleet {
  readonly #options: RemoteFleetOptions;
  readonly #scope: ContentScope;
  readonly #assignment: Content;
  readonly #layout: SheetLayout;
  /** The preparation that later tasks presume. */
  #prepared: { readonly content: Content; readonly scope: ContentScope } | undefined;

  constructor(options: RemoteFleetOptions) {
    this.#options = { registered: new Map(), ...options };
    const { assignment, contents } = options;
    const scope = contents.scope();
    this.#scope = scope;
    this.#assignment = scope.carry(encodeAssignment(assignment, (bytes) => scope.carry(bytes)));
    this.#layout = sheetLayout(assignment);
  }

  get members(): readonly string[] {
    return this.#options.membership.clients;
  }

  present(): readonly string[] {
    const { membership } = this.#options;
    return membership.clients.filter((client) => membership.isReady(client));
  }

  async *run(
    task: Task,
    place: Place | undefined,
    cohort: readonly string[],
    signal: AbortSignal,
  ): AsyncGenerator<Report> {
    if (cohort.length === 0 || signal.aborted) return;
    const { assignment, contents } = this.#options;
    const scope = contents.scope();
    try {
      const model = modelIn(assignment, scope);
      const exchange = new RemoteExchange({
        ...this.#options,
        layout: this.#layout,
        task,
        place,
        offerOf: (client, lease) => ({
          kind: "offer",
          lease,
          run: this.#options.run,
          client,
          ...(place && { place }),
          assignment: this.#assignment,
          ...(this.#prepared && { prepared: this.#prepared.content }),
          task: scope.carry(encodeTask(task, { client, model })),
        }),
      });
      yield* exchange.reports(cohort, signal);
    } finally {
      scope[Symbol.dispose]();
      if (task.kind === "prepare") this.#remember(task); // here: whoever has heard enough does not ask for an end
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#prepared?.scope[Symbol.dispose]();
    this.#scope[Symbol.dispose]();
    return Promise.resolve();
  }

  #remember(task: Task): void {
    this.#prepared?.scope[Symbol.dispose]();
    const scope = this.#options.contents.scope();
    const model = modelIn(this.#options.assignment, scope);
    this.#prepared = { content: scope.carry(encodeTask(task, { client: "", model })), scope };
  }
}

/** Offers a model in the assignment's precision, or in 16 bits where each of its numbers is one of those, once for all clients of an exchange. */
function modelIn({ precision, transport }: Assignment, scope: ContentScope): (values: Vector) => SentVector {
  const made = precision === "float32" ? Float32Array : Float64Array;
  const sent = new Map<Vector, SentVector>();
  const inHalf = (values: Vector): SentVector | undefined => {
    if (transport === undefined || !values.every((x) => roundToHalf(x, transport.dtype) === x)) return undefined;
    return { dtype: transport.dtype, values: scope.carry(packHalf(values, transport.dtype)) };
  };
  const whole = (values: Vector): SentVector => {
    const inPrecision = values.BYTES_PER_ELEMENT === bytesPer[precision] ? values : new made(values);
    return { dtype: precision, values: scope.carry(bytesOf(inPrecision)) };
  };
  return (values) => {
    const vector = sent.get(values) ?? inHalf(values) ?? whole(values);
    sent.set(values, vector);
    return vector;
  };
}
