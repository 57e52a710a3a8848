/** What a client deals to the others of its circle, and what it has been dealt by them. */
import { TributaryError } from "../../shared/errors.ts";
import type { Circle, Dealt } from "../../shared/protocol/secure.ts";
import { deal, receive, type SecretShares } from "../../shared/secure/dealt.ts";
import { agree, keyBytes } from "../../shared/secure/keys.ts";
import { derive } from "../../shared/secure/masks.ts";
import { circleHash, dealtInfo, namesOf, thresholdOf, type Session } from "../../shared/secure/session.ts";
import { splitSecret } from "../../shared/secure/shamir.ts";
import { secretsOf, type OpenSession } from "./vault.ts";

export interface Dealer {
  readonly client: string;
  readonly session: Session;
  readonly open: OpenSession;
  readonly circle: Circle;
  /** The share of a circle that has to stay. */
  readonly threshold: number;
}

/** For each of the circle, itself included, a share of either secret. The same whenever it is asked: all comes from the session's secret. */
export function sharesOf({ open, circle, threshold }: Dealer): ReadonlyMap<string, SecretShares> {
  const names = namesOf(circle);
  const { self, masking } = secretsOf(open);
  const t = thresholdOf(threshold, names.length);
  const split = (secret: Uint8Array, what: string): Uint8Array[] => {
    const coefficients = derive(open.secret, JSON.stringify(["coefficients", what, circleHash(circle)]), (t - 1) * keyBytes); // prettier-ignore
    return splitSecret(secret, { threshold: t, count: names.length, coefficients });
  };
  const [selves, maskings] = [split(self, "self"), split(masking, "masking")];
  return new Map(names.map((name, i) => [name, { self: selves[i]!, masking: maskings[i]! }]));
}

/** Recipient → what it is dealt. */
export function dealtBy(dealer: Dealer): Readonly<Record<string, Uint8Array>> {
  const { client, session, open, circle } = dealer;
  const { sealing } = secretsOf(open);
  const hash = circleHash(circle);
  const others = [...sharesOf(dealer)].filter(([name]) => name !== client);
  return Object.fromEntries(
    others.map(([name, own]) => {
      const common = agree(sealing, circle.get(name)!.sealing);
      return [name, deal(common, dealtInfo(session, client, name, hash), own)];
    }),
  );
}

/** Dealer → the shares this client has of its secrets; its own included. Throws "invalid-data" with everybody whose shares are not sound. */
export function sharesHeld(dealer: Dealer, dealt: Dealt): ReadonlyMap<string, SecretShares> {
  const { client, session, open, circle } = dealer;
  const { sealing } = secretsOf(open);
  const hash = circleHash(circle);
  const problems: string[] = [];
  const held = new Map([[client, sharesOf(dealer).get(client)!]]);
  for (const [name, bytes] of dealt) {
    const theirs = circle.get(name);
    if (theirs === undefined || name === client) {
      problems.push(`${name} is no other of the circle`);
      continue;
    }
    const received = receive(agree(sealing, theirs.sealing), dealtInfo(session, name, client, hash), bytes);
    if (typeof received === "string") problems.push(`what ${name} has dealt ${client} ${received}`);
    else held.set(name, received);
  }
  if (problems.length > 0)
    throw new TributaryError("invalid-data", `The shares of round ${session.round}: ${problems.join("; ")}`);
  const t = thresholdOf(dealer.threshold, circle.size);
  if (held.size < t)
    throw new TributaryError(
      "invalid-data",
      `The shares of round ${session.round}: expected those of at least ${t} of ${circle.size} clients, got ${held.size}`,
    );
  return held;
}
