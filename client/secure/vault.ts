/**
 * What a client must not forget, and must not tell, while sums are secure: who it is to the others, the secret of the session it is in,
 * and what it has answered in it. A session that is asked the same again answers the same; asked something else it refuses, since two
 * different answers under one mask would show what is beneath.
 *
 *     identity   for the whole run            pins      the others' identities, as they were first seen
 *     session    one attempt at one round: its secret, from which all keys and masks of it come, and a hash of every answer so far;
 *                it goes when the next one begins
 */
import { TributaryError } from "../../shared/errors.ts";
import { keyBytes } from "../../shared/secure/keys.ts";
import { derive } from "../../shared/secure/masks.ts";
import type { Stage } from "../../shared/protocol/vault-table.ts";
import type { Session } from "../../shared/secure/session.ts";

export type OpenSession = Omit<Session, "run"> & {
  /** 32 bytes. */
  readonly secret: Uint8Array;
  /** Stage → the hash of what was answered. */
  readonly noted: Readonly<Partial<Record<Stage, string>>>;
};

export interface Vault {
  /** The run whose clients these are. */
  readonly run: string;
  /** The seed of this client's signing key. */
  identity(client: string): Uint8Array;
  /** The session that the client is in; undefined before the first, and where it was lost. */
  session(client: string): OpenSession | undefined;
  /** Begins another one, with a new secret. Durable when it returns, where the vault outlives the process; so are notes and pins. */
  begin(client: string, session: Omit<Session, "run">): OpenSession;
  note(client: string, stage: Stage, hash: string): void;
  /** Other client → its identity, in hexadecimal. */
  pins(client: string): ReadonlyMap<string, string>;
  pin(client: string, others: ReadonlyMap<string, string>): void;
}

/** Notes what is answered. Throws "forbidden" where something else has been. */
export function answerOnce(vault: Vault, client: string, stage: Stage, hash: string): void {
  const before = vault.session(client)?.noted[stage];
  if (before === hash) return;
  if (before === undefined) {
    vault.note(client, stage, hash);
    return;
  }
  const asked = { circle: "for another circle", dealt: "with other shares", sent: "for another update", survivors: "with another list of survivors" }[stage]; // prettier-ignore
  throw new TributaryError(
    "forbidden",
    `${client} has answered this round already, and is asked again ${asked}: refused`,
  );
}

/** Throws "forbidden" where this is not what was answered before, or nothing was. */
export function mustBeNoted({ noted }: OpenSession, client: string, stage: Stage, hash: string): void {
  if (noted[stage] === hash) return;
  const what = { circle: "circle", dealt: "shares", sent: "update", survivors: "list of survivors" }[stage];
  const other = noted[stage] === undefined ? "has not come so far" : `has answered with another ${what}`;
  throw new TributaryError("forbidden", `${client} ${other} in this round: refused`);
}

/** The secrets of a session, all from one. */
export const secretsOf = ({ secret }: Pick<OpenSession, "secret">) => ({
  sealing: derive(secret, "sealing key", keyBytes),
  masking: derive(secret, "masking key", keyBytes),
  /** bᵢ. */
  self: derive(secret, "self mask", keyBytes),
});

/** The session of a task. Throws "forbidden" where the client is in another one, or in none. */
export function sessionOf(vault: Vault, client: string, asked: Omit<Session, "run">): OpenSession {
  const open = vault.session(client);
  if (open?.round === asked.round && open.attempt === asked.attempt) return open;
  const where = open === undefined ? "none" : `round ${open.round}, attempt ${open.attempt}`;
  throw new TributaryError(
    "forbidden",
    `${client} has no keys of round ${asked.round}, attempt ${asked.attempt}: it is in ${where}`,
  );
}

/** For rooms whose assignment has no secure sums. */
export const noVault: Vault = {
  run: "",
  identity: refuse,
  session: refuse,
  begin: refuse,
  note: refuse,
  pins: refuse,
  pin: refuse,
};

function refuse(): never {
  throw new TributaryError("invalid-data", "Expected an assignment with secure sums, got one without");
}
