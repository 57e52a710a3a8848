/** What a client makes sure of before it deals shares of its secrets to others: that they are others, and the ones they were. */
import { TributaryError } from "../../shared/errors.ts";
import type { Advertised, Circle } from "../../shared/protocol/secure.ts";
import { isEqual } from "../../shared/secure/dealt.ts";
import { isSignedBy, keyBytes, signatureBytes } from "../../shared/secure/keys.ts";
import { fewestClients, keysStatement, mostClients, namesOf, type Session } from "../../shared/secure/session.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/**
 * Throws "invalid-data" with everything that is wrong with a circle, and who: too few or too many, the own keys changed, a key of another
 * length, one that two have, one that its owner has not signed, and an owner who is not who it was.
 *
 * @returns whom to pin: those seen for the first time
 */
export function checkCircle(
  circle: Circle,
  {
    client,
    own,
    session,
    pins,
  }: { client: string; own: Advertised; session: Session; pins: ReadonlyMap<string, string> },
): ReadonlyMap<string, string> {
  const problems: string[] = [];
  const names = namesOf(circle);
  if (names.length < fewestClients || names.length > mostClients)
    problems.push(`expected ${fewestClients} to ${mostClients} clients, got ${names.length}`);
  const mine = circle.get(client);
  if (mine === undefined) problems.push(`${client} is not among them`);
  else if (!isSame(mine, own)) problems.push(`the keys of ${client} are not those it has advertised`);
  const owners = new Map<string, string>();
  const fresh = new Map<string, string>();
  for (const name of names) {
    const { identity, sealing, masking, commitment, signature } = circle.get(name)!;
    const sizes = [identity, sealing, masking, commitment].map(({ length }) => length);
    if (sizes.some((size) => size !== keyBytes) || signature.length !== signatureBytes) {
      problems.push(`the keys of ${name} have ${sizes.join(", ")} and ${signature.length} bytes`);
      continue;
    }
    for (const key of [sealing, masking, commitment].map(hex)) {
      const other = owners.get(key);
      if (other === undefined) owners.set(key, name);
      else problems.push(`${name} has a key of ${other === name ? "its own twice" : other}`);
    }
    const known = pins.get(name);
    if (known === undefined) fresh.set(name, hex(identity));
    else if (known !== hex(identity)) problems.push(`${name} signs with another key than when it was first seen`);
    const statement = keysStatement(session, name, { sealing, masking, commitment });
    if (!isSignedBy(identity, statement, signature)) problems.push(`${name} has not signed its keys`);
  }
  if (problems.length > 0)
    throw new TributaryError("invalid-data", `The circle of round ${session.round}: ${problems.join("; ")}`);
  return fresh;
}

const isSame = (a: Advertised, b: Advertised): boolean =>
  (["identity", "sealing", "masking", "commitment", "signature"] as const).every((name) => isEqual(a[name], b[name]));
