/** A client's part in a secure sum, step by step, but for the masked answer itself (`masked-answer.ts`). `shared/protocol/secure.ts` tells the whole. */
import { TributaryError } from "../../shared/errors.ts";
import { emptyAnswer } from "../../shared/protocol/answer.ts";
import type { Shard } from "../../shared/protocol/assignment.ts";
import type { Advertised, SecureAnswer, SecureTask } from "../../shared/protocol/secure.ts";
import { sha256 } from "../../shared/secure/dealt.ts";
import { isSignedBy, publicOf, signWith } from "../../shared/secure/keys.ts";
import {
  circleHash,
  dealtHash,
  fewestClients,
  hashOf,
  keysStatement,
  survivorsStatement,
  thresholdOf,
  type Session,
} from "../../shared/secure/session.ts";
import type { Room } from "../room/room.ts";
import type { Reply } from "../tasks/reply.ts";
import { checkCircle } from "./circle.ts";
import { dealtBy, sharesHeld } from "./dealing.ts";
import { answerOnce, mustBeNoted, secretsOf, sessionOf, type OpenSession, type Vault } from "./vault.ts";

type Step<Name extends SecureTask["step"]> = Extract<SecureTask, { step: Name }>;

/** Throws "forbidden" or "invalid-data" where it refuses, and says whom it is about. */
export function secure(task: SecureTask, { client }: Pick<Shard, "client">, room: Room): Reply {
  const answer = { ...emptyAnswer(client, room.assignment.objectives, 1), secure: answerTo(task, client, room) };
  return { answer, vectors: [] };
}

function answerTo(task: SecureTask, client: string, room: Room): SecureAnswer {
  switch (task.step) {
    case "keys":
      return keys(task, client, room.vault);
    case "shares":
      return shares(task, client, room);
    case "confirm":
      return confirm(task, client, room.vault);
    case "unmask":
      return unmask(task, client, room);
  }
}

/** Rounds and attempts only go up: the keys of a session that is over are gone. */
function keys({ round, attempt }: Step<"keys">, client: string, vault: Vault): SecureAnswer {
  const open = vault.session(client);
  const isOver = open !== undefined && (open.round > round || (open.round === round && open.attempt > attempt));
  if (isOver)
    throw new TributaryError(
      "forbidden",
      `${client} is in round ${open.round}, attempt ${open.attempt}, and is asked for keys of round ${round}, attempt ${attempt}`,
    );
  const isSame = open?.round === round && open.attempt === attempt;
  return { ...advertised(isSame ? open : vault.begin(client, { round, attempt }), client, vault) };
}

function advertised(open: OpenSession, client: string, vault: Vault): Advertised {
  const { sealing, masking, self } = secretsOf(open);
  const own = {
    sealing: publicOf("x25519", sealing),
    masking: publicOf("x25519", masking),
    commitment: sha256(self),
  };
  const seed = vault.identity(client);
  const signature = signWith(seed, keysStatement(inRun(vault, open), client, own));
  return { identity: publicOf("ed25519", seed), ...own, signature };
}

/** Shares of its secrets, for this circle and no other. */
function shares({ round, attempt, circle }: Step<"shares">, client: string, { vault, assignment }: Room): SecureAnswer {
  const open = sessionOf(vault, client, { round, attempt });
  const session = inRun(vault, open);
  const own = advertised(open, client, vault);
  const fresh = checkCircle(circle, { client, own, session, pins: vault.pins(client) });
  if (fresh.size > 0) vault.pin(client, fresh);
  answerOnce(vault, client, "circle", circleHash(circle));
  return dealtBy({ client, session, open, circle, threshold: thresholdIn(assignment) });
}

/** Its word on who has survived. */
function confirm({ round, attempt, survivors }: Step<"confirm">, client: string, vault: Vault): SecureAnswer {
  const open = sessionOf(vault, client, { round, attempt });
  if (open.noted.sent === undefined)
    throw new TributaryError("forbidden", `${client} has sent no update in round ${round}, and is asked who has`);
  mustBeNames(survivors, client, round);
  answerOnce(vault, client, "survivors", hashOf(JSON.stringify(survivors)));
  return { signature: signWith(vault.identity(client), survivorsStatement(inRun(vault, open), survivors)) };
}

/** One share of each dealer: of its own mask where it survived, of its masking key where it left. Never both, since there is one list. */
function unmask(task: Step<"unmask">, client: string, { vault, assignment }: Room): SecureAnswer {
  const { round, attempt, circle, survivors, confirmations } = task;
  const dealt = task.dealt.get(client) ?? new Map<string, Uint8Array>();
  const open = sessionOf(vault, client, { round, attempt });
  const session = inRun(vault, open);
  mustBeNoted(open, client, "circle", circleHash(circle));
  mustBeNoted(open, client, "dealt", dealtHash(dealt));
  mustBeNoted(open, client, "survivors", hashOf(JSON.stringify(survivors)));
  const threshold = thresholdIn(assignment);
  const held = sharesHeld({ client, session, open, circle, threshold }, dealt);
  const stranger = survivors.find((name) => !held.has(name));
  if (stranger !== undefined)
    throw new TributaryError("invalid-data", `${stranger} is said to have survived, and has dealt ${client} no share`);
  const t = thresholdOf(threshold, circle.size);
  if (survivors.length < t)
    throw new TributaryError("invalid-data", `Expected at least ${t} survivors, got ${survivors.length}`);
  const statement = survivorsStatement(session, survivors);
  const confirmed = survivors.filter((name) => {
    const signature = confirmations.get(name);
    return signature !== undefined && isSignedBy(circle.get(name)!.identity, statement, signature);
  });
  if (confirmed.length < t)
    throw new TributaryError(
      "invalid-data",
      `Expected at least ${t} survivors to have confirmed who survived, got ${confirmed.length}: ${confirmed.join(", ") || "none"}`,
    );
  const survived = new Set(survivors);
  return Object.fromEntries([...held].map(([name, own]) => [name, survived.has(name) ? own.self : own.masking]));
}

function mustBeNames(survivors: readonly string[], client: string, round: number): void {
  const sorted = [...new Set(survivors)].sort();
  if (sorted.length === survivors.length && sorted.every((name, i) => name === survivors[i])) {
    if (sorted.length >= fewestClients && sorted.includes(client)) return;
  }
  throw new TributaryError(
    "invalid-data",
    `The survivors of round ${round}: expected at least ${fewestClients} names in their order, ${client} among them, got ${survivors.join(", ") || "none"}`,
  );
}

export const inRun = ({ run }: Vault, { round, attempt }: Pick<Session, "round" | "attempt">): Session => ({
  run,
  round,
  attempt,
});

/** Throws "invalid-data" where the assignment has no secure sums. */
export function thresholdIn({ secureSums }: Room["assignment"]): number {
  if (secureSums !== undefined) return secureSums.threshold;
  throw new TributaryError("invalid-data", "Expected an assignment with secure sums, got one without");
}
