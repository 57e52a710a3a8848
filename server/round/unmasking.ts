/**
 * Takes the masks off a sum: of each survivor its own mask, which nobody else could cancel, and of each dealer that left the masks that
 * the survivors share with it. First every secret is put together and compared with what its owner said of it; then, if all are
 * there, the masks are taken off. Where one is missing nothing is.
 */
import type { Circle, SecureAnswer } from "../../shared/protocol/secure.ts";
import { isEqual, isShareDealt, sha256 } from "../../shared/secure/dealt.ts";
import { agree, publicOf } from "../../shared/secure/keys.ts";
import { addMask } from "../../shared/secure/masks.ts";
import type { Ring } from "../../shared/secure/ring.ts";
import { namesOf, pairInfo, selfInfo, thresholdOf, type Session } from "../../shared/secure/session.ts";
import { combineShares, type Share } from "../../shared/secure/shamir.ts";
import type { ClientId, Departure } from "./round.ts";

export interface Unmasking {
  readonly session: Session;
  readonly circle: Circle;
  /** Of the circle, that has to stay. */
  readonly threshold: number;
  /** Dealer → recipient → what it dealt; of all who had a part in the masks. */
  readonly dealt: ReadonlyMap<ClientId, SecureAnswer>;
  /** Whose answers are in the sum, sorted. */
  readonly survivors: readonly ClientId[];
  /** Who gave shares back → dealer → share. */
  readonly revealed: ReadonlyMap<ClientId, SecureAnswer>;
}

/** Unmasks `ring` in place. Answers with whoever is to blame where that cannot be; `ring` is then as it was. */
export function unmask(ring: Ring, given: Unmasking): Departure[] {
  const { session, circle, survivors } = given;
  const secrets = new Map<ClientId, Uint8Array>();
  const blamed: Departure[] = [];
  for (const dealer of [...given.dealt.keys()].sort()) {
    const found = secretOf(dealer, given);
    if (found instanceof Uint8Array) secrets.set(dealer, found);
    else blamed.push(...found);
  }
  if (blamed.length > 0) return blamed;
  const alive = new Set(survivors);
  for (const [dealer, secret] of secrets) {
    if (alive.has(dealer)) addMask(ring, secret, selfInfo(session, dealer), -1);
    else
      for (const other of survivors)
        addMask(
          ring,
          agree(secret, circle.get(other)!.masking),
          pairInfo(session, dealer, other),
          dealer > other ? -1 : 1,
        );
  }
  return [];
}

/** The one secret of a dealer that is asked for, or why there is none. */
function secretOf(dealer: ClientId, given: Unmasking): Uint8Array | Departure[] {
  const { circle, survivors, revealed, dealt, threshold } = given;
  const which = survivors.includes(dealer) ? "self" : "masking";
  const wrong: Departure[] = [];
  const shares: Share[] = [];
  let own: Share | undefined; // whose hash nobody has: whoever reveals it has dealt it
  for (const [i, name] of namesOf(circle).entries()) {
    const bytes = revealed.get(name)?.[dealer];
    if (bytes === undefined) continue;
    const share = { x: i + 1, bytes };
    if (name === dealer) own = share;
    else if (isShareDealt(dealt.get(dealer)![name]!, which, bytes)) shares.push(share);
    else wrong.push({ client: name, reason: `the share of ${dealer} that it gave back is not the one it was dealt` });
  }
  const t = thresholdOf(threshold, circle.size);
  const enough = [...shares, ...(own === undefined ? [] : [own])].slice(0, t);
  if (enough.length < t) {
    if (wrong.length > 0) return wrong;
    return [{ client: dealer, reason: `${enough.length} shares of its secret are there, and ${t} are needed` }];
  }
  const secret = combineShares(enough);
  const keys = circle.get(dealer)!;
  const isIt =
    which === "self" ? isEqual(sha256(secret), keys.commitment) : isEqual(publicOf("x25519", secret), keys.masking);
  return isIt ? secret : [{ client: dealer, reason: "the shares that it dealt do not make up its secret" }];
}
