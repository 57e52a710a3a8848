/**
 * Enrolment: which keys an id is known by. A certificate proves that the authority knows a name; the pin proves that it is still
 * the same somebody as at the first time.
 *
 *     closed   nobody new: only ids that are pinned already
 *     token    a new key comes in with a one-time token made for its id (the default: without tokens nobody enrols)
 *     open     the first certificate of an id pins its key
 *
 * Under every policy an id with a key that is not pinned is refused, unless it brings a token. Several certificates of one key
 * are one somebody, so a renewed certificate needs nothing. Pins and used tokens are records of the store: durable before the
 * answer.
 */
import { TributaryError } from "../../shared/errors.ts";
import type { ProvenIdentity } from "../../shared/identity/identity.ts";
import type { Store } from "../store/store.ts";
import type { EnrolmentPolicy } from "./enrolment-policy.ts";
import { isRevoked, type Roster } from "./roster.ts";
import { admits, digestOf } from "./token.ts";

export interface EnrolmentParts {
  readonly store: Pick<Store, "records" | "setRecord">;
  readonly policy: EnrolmentPolicy;
  /** As it is at the moment. */
  readonly roster: () => Roster;
  readonly now?: () => Date;
}

export class Enrolments {
  readonly #parts: EnrolmentParts;
  /** `<id> <key>` */
  readonly #pinned: Set<string>;
  readonly #ids: Set<string>;
  readonly #usedTokens: Set<string>;

  private constructor(parts: EnrolmentParts, pinned: Iterable<string>, used: Iterable<string>) {
    this.#parts = parts;
    this.#pinned = new Set(pinned);
    this.#ids = new Set([...this.#pinned].map((pin) => pin.split(" ")[0]!));
    this.#usedTokens = new Set(used);
  }

  static async open(parts: EnrolmentParts): Promise<Enrolments> {
    const pins = await parts.store.records("pin");
    const used = [...pins.values()].flatMap((pin) => (pin as { readonly token?: string }).token ?? []); // what enrol() wrote
    return new Enrolments(parts, pins.keys(), used);
  }

  /** Throws "unauthenticated" unless this key is pinned to this id. */
  mustBeEnrolled({ id, key }: ProvenIdentity): void {
    if (this.#pinned.has(`${id} ${key}`)) return;
    throw new TributaryError(
      "unauthenticated",
      this.#ids.has(id)
        ? `${id} is enrolled with another key: a new key needs a one-time token (tributary keys token ${id} puts one into its kit)`
        : `${id} is not enrolled: expected it to enrol first, with the one-time token of its kit`,
    );
  }

  /** Throws "unauthenticated" when the key has been revoked. */
  mustNotBeRevoked({ id, key }: ProvenIdentity): void {
    if (isRevoked(this.#parts.roster(), key))
      throw new TributaryError(
        "unauthenticated",
        `The key of ${id} has been revoked: it needs another one (tributary keys issue ${id} --rekey)`,
      );
  }

  /** Whether anything new was pinned. Throws "unauthenticated" when the policy, or the want of a good token, refuses it. */
  async enrol({ id, key }: ProvenIdentity, token: string | undefined): Promise<boolean> {
    const pin = `${id} ${key}`;
    if (this.#pinned.has(pin)) return false;
    const { policy, store, now = () => new Date() } = this.#parts;
    const at = now();
    if (policy === "closed")
      throw new TributaryError("unauthenticated", `${id} is not enrolled, and this coordinator enrols nobody`);
    const digest = policy === "token" || this.#ids.has(id) ? this.#spend(id, token, at) : undefined;
    this.#pinned.add(pin);
    try {
      await store.setRecord("pin", pin, { at: at.toISOString(), ...(digest !== undefined && { token: digest }) });
    } catch (error) {
      this.#pinned.delete(pin); // a full disk: nothing has happened, and the token is still good
      if (digest !== undefined) this.#usedTokens.delete(digest);
      throw error;
    }
    this.#ids.add(id);
    return true;
  }

  /** Takes a good token out of use, and gives its SHA-256. */
  #spend(id: string, token: string | undefined, at: Date): string {
    const { tokens } = this.#parts.roster();
    const bytes = digestOf(token ?? "");
    const fitting = tokens.filter((entry) => admits(entry, id, bytes, at));
    const digest = bytes.toString("hex");
    if (token === undefined || fitting.length === 0 || this.#usedTokens.has(digest)) {
      const why = token === undefined ? "none came" : "the one that came is wrong, not for this id, used, or expired";
      throw new TributaryError(
        "unauthenticated",
        `${id} cannot be enrolled: expected a one-time token, ${why}; tributary keys token ${id} puts a fresh one into its kit`,
      );
    }
    this.#usedTokens.add(digest); // before the first await: a second use of it at the same time is refused
    return digest;
  }

  /** Everyone who is enrolled. */
  get ids(): ReadonlySet<string> {
    return this.#ids;
  }
}
