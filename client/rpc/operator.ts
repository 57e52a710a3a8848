/** The coordinator as its operator calls it: the Control service as async functions, each with a deadline. */
import { createHash } from "node:crypto";
import {
  credentials,
  makeGenericClientConstructor,
  Metadata,
  type ClientReadableStream,
  type ServiceError,
} from "@grpc/grpc-js";
import { TributaryError } from "../../shared/errors.ts";
import type { Kit } from "../../shared/identity/kit.ts";
import { service } from "../../shared/protocol/definitions.ts";
import type { ControlClient } from "../../shared/protocol/wire/tributary/v1/Control.ts";
import type { ListClientsReply__Output } from "../../shared/protocol/wire/tributary/v1/ListClientsReply.ts";
import type { LoggedEvent__Output } from "../../shared/protocol/wire/tributary/v1/LoggedEvent.ts";
import type { ModelPart__Output } from "../../shared/protocol/wire/tributary/v1/ModelPart.ts";
import type { RunAdjustment__Output } from "../../shared/protocol/wire/tributary/v1/RunAdjustment.ts";
import type { RunDetail__Output } from "../../shared/protocol/wire/tributary/v1/RunDetail.ts";
import type { RunSetting } from "../../shared/protocol/wire/tributary/v1/RunSetting.ts";
import type { RunSummary__Output } from "../../shared/protocol/wire/tributary/v1/RunSummary.ts";
import type { StartRunRequest } from "../../shared/protocol/wire/tributary/v1/StartRunRequest.ts";
import { errorOf } from "./call.ts";
import { channelOptions } from "./coordinator.ts";

export interface OperatorOptions {
  /** host:port */
  readonly address: string;
  /** mTLS with this kit; plaintext when left out. */
  readonly kit?: Kit | undefined;
}

const Control = makeGenericClientConstructor(service("Control"), "Control"); // both are of proto/

/** How long a single answer may take, in ms. */
const answerWithinMs = 20_000;

export class Operator implements Disposable {
  readonly #client: ControlClient;
  readonly #address: string;

  constructor({ address, kit }: OperatorOptions) {
    const secure = kit && credentials.createSsl(kit.ca, kit.key, kit.certificate);
    const made = new Control(address, secure ?? credentials.createInsecure(), channelOptions);
    this.#client = made as unknown as ControlClient; // its methods are those of proto/control.proto
    this.#address = address;
  }

  submit(request: StartRunRequest): Promise<RunSummary__Output> {
    return this.#ask((metadata, ...rest) => {
      metadata.setOptions({ waitForReady: true }); // a coordinator that is just starting is waited for
      return this.#client.StartRun(request, metadata, ...rest);
    });
  }

  async list(): Promise<readonly RunSummary__Output[]> {
    const { runs } = await this.#ask<{ runs: RunSummary__Output[] }>((...rest) => this.#client.ListRuns({}, ...rest));
    return runs;
  }

  show(id: string): Promise<RunDetail__Output> {
    return this.#ask((...rest) => this.#client.ShowRun({ id }, ...rest));
  }

  clients(): Promise<ListClientsReply__Output> {
    return this.#ask((...rest) => this.#client.ListClients({}, ...rest));
  }

  adjust(id: string, settings: RunSetting[]): Promise<RunAdjustment__Output> {
    return this.#ask((...rest) => this.#client.AdjustRun({ id, settings }, ...rest));
  }

  stop(id: string): Promise<RunSummary__Output> {
    return this.#ask((...rest) => this.#client.StopRun({ id }, ...rest));
  }

  /** Events after the one with the number `after`, until the run has ended or `signal` says stop. */
  watch(id: string, after: number, signal: AbortSignal): AsyncIterable<LoggedEvent__Output> {
    return this.#read(this.#client.WatchRun({ id, after }, me()), signal);
  }

  /** The file of a model. Throws "data-loss" when it is not what was announced. */
  async model(id: string, signal: AbortSignal): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let last: ModelPart__Output | undefined;
    for await (const part of this.#read<ModelPart__Output>(this.#client.FetchModel({ id, offset: 0 }, me()), signal)) {
      parts.push(part.data);
      last = part;
    }
    const bytes = Buffer.concat(parts);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    if (last === undefined || bytes.length !== last.size || sha256 !== last.sha256)
      throw new TributaryError(
        "data-loss",
        `Expected a model of ${last?.size ?? 0} bytes, sha256 ${last?.sha256 ?? "none"}, got ${bytes.length}, ${sha256}`,
      );
    return bytes;
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }

  #ask<Reply>(
    call: (
      metadata: Metadata,
      options: { deadline: number },
      answer: (error: ServiceError | null, reply?: Reply) => void,
    ) => unknown,
  ): Promise<Reply> {
    return new Promise((done, fail) => {
      call(me(), { deadline: Date.now() + answerWithinMs }, (error, reply) => {
        if (error === null && reply !== undefined) done(reply);
        else fail(error === null ? new Error("an answer without a message") : this.#explained(error));
      });
    });
  }

  async *#read<Message>(stream: ClientReadableStream<Message>, signal: AbortSignal): AsyncGenerator<Message> {
    const stop = (): void => {
      stream.cancel();
    };
    signal.addEventListener("abort", stop);
    try {
      for await (const message of stream) yield message as Message;
    } catch (error) {
      if (!signal.aborted) throw this.#explained(error as ServiceError); // a stream of gRPC breaks with nothing else
    } finally {
      signal.removeEventListener("abort", stop);
      stream.cancel();
    }
  }

  #explained(error: ServiceError): Error {
    const ours = errorOf(error, this.#address);
    if (!(ours instanceof TributaryError) || ours.code !== "unavailable") return ours;
    return new TributaryError("unavailable", `${ours.message} (tributary doctor looks closer)`, { cause: error });
  }
}

const me = (): Metadata => {
  const metadata = new Metadata();
  metadata.set("tributary-id", "operator"); // on a plaintext connection, where no certificate says it
  metadata.set("tributary-role", "operator");
  return metadata;
};
