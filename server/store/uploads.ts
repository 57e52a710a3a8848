/** Updates on their way in. A broken upload goes on where it was; whoever opens it anew fences the connection before off. */
import { TributaryError } from "../../shared/errors.ts";
import { isSameClaim, slotName } from "./slot.ts";
import type { Claim, Receipt, Slot, Upload } from "./store.ts";
import type { UploadBody } from "./upload-body.ts";

/** What a store does for its uploads. */
export interface UploadHost<Body extends UploadBody> {
  begin(claim: Claim): Body;
  /** Makes an update's bytes, which are those of the claim, durable and its receipt after them. */
  acknowledge(slot: Slot, claim: Claim, body: Body): Promise<Receipt>;
  /** Does what touches the disk, and makes of its failure what a client can be told ("disk-full") or the end of the process. */
  onDisk<T>(work: () => Promise<T>): Promise<T>;
}

interface Incoming<Body> {
  readonly slot: Slot;
  readonly claim: Claim;
  readonly body: Body;
  /** Who may write: the newest opening. */
  owner: symbol;
  /** Ends when nothing is being written: one thing at a time. */
  busy: Promise<unknown>;
}

export class Uploads<Body extends UploadBody> {
  readonly #host: UploadHost<Body>;
  readonly #incoming = new Map<string, Incoming<Body>>();

  constructor(host: UploadHost<Body>) {
    this.#host = host;
  }

  /** Undefined where the upload has come to its end meanwhile: there is a receipt by now, or it has to begin anew. */
  async open(slot: Slot, claim: Claim): Promise<Upload | undefined> {
    const name = slotName(slot);
    const owner = Symbol(name);
    const begun = this.#incoming.get(name);
    if (begun !== undefined && isSameClaim(begun.claim, claim)) {
      begun.owner = owner;
      await begun.busy.catch(() => undefined); // its own caller has heard of it
      return this.#incoming.get(name) === begun ? this.#upload(begun, owner) : undefined;
    }
    if (begun !== undefined) await this.#forget(begun);
    const body = this.#host.begin(claim);
    const incoming: Incoming<Body> = { slot, claim, body, owner, busy: Promise.resolve() };
    this.#incoming.set(name, incoming);
    return this.#upload(incoming, owner);
  }

  /** Forgets uploads that can no longer count. */
  async forgetUpTo(run: string, round: number): Promise<void> {
    const over = [...this.#incoming.values()].filter(({ slot }) => slot.run === run && slot.place.round <= round);
    await Promise.all(over.map((incoming) => this.#forget(incoming)));
  }

  async #forget(incoming: Incoming<Body>): Promise<void> {
    const name = slotName(incoming.slot);
    if (this.#incoming.get(name) === incoming) this.#incoming.delete(name);
    incoming.owner = Symbol("nobody");
    await incoming.busy.catch(() => undefined); // its own caller has heard of it
    await incoming.body.remove();
  }

  #upload(incoming: Incoming<Body>, owner: symbol): Upload {
    const { slot, claim, body } = incoming;
    const name = slotName(slot);
    const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
      const turn = incoming.busy
        .catch(() => undefined)
        .then(() => {
          if (incoming.owner === owner) return work();
          throw new TributaryError(
            "stale-upload",
            `The update ${name} is being sent on another connection, or its round is over`,
          );
        });
      incoming.busy = turn;
      turn.catch(() => undefined); // whoever called has it
      return turn;
    };
    const forget = async (): Promise<void> => {
      if (this.#incoming.get(name) === incoming) this.#incoming.delete(name);
      incoming.owner = Symbol("nobody");
      await body.remove();
    };
    const whole = async (): Promise<void> => {
      const { sha256 } = body.digest();
      if (body.bytes === claim.bytes && sha256 === claim.sha256) return;
      const got = `${body.bytes} bytes with SHA-256 ${sha256}`;
      await forget();
      throw new TributaryError(
        "data-loss",
        `The update ${name}: expected ${claim.bytes} bytes with SHA-256 ${claim.sha256}, got ${got}`,
      );
    };
    return {
      kind: "upload",
      get offset() {
        return body.bytes;
      },
      write: (chunk) =>
        inTurn(async () => {
          const total = body.bytes + chunk.length;
          if (total <= claim.bytes) return this.#host.onDisk(() => body.append(chunk));
          await forget();
          throw new TributaryError(
            "invalid-data",
            `The update ${name}: expected ${claim.bytes} bytes, got ${total} or more`,
          );
        }),
      content: () =>
        inTurn(async () => {
          await whole();
          return this.#host.onDisk(() => body.read());
        }),
      accept: () =>
        inTurn(async () => {
          await whole();
          const receipt = await this.#host.acknowledge(slot, claim, body);
          await forget();
          return receipt;
        }),
      reject: () => inTurn(forget),
    };
  }
}
