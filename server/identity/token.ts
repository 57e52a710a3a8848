/**
 * One-time enrolment tokens: 256 random bits for one client, kept as their SHA-256, good until they are used or expire.
 *
 *     const { token, entry } = createToken("clinic-1", { validDays: 7 });    // token: to the client; entry: to the roster
 *     admits(entry, "clinic-1", digestOf(token), now);                       // compared in constant time
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";

export const tokenEntrySchema = z.strictObject({
  /** The only id that it enrols. */
  client: z.string(),
  /** Hexadecimal SHA-256 of the token. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** What it is good for: pinning one key of that client. */
  scope: z.literal("enrol"),
  expires: z.iso.datetime(),
});
export type TokenEntry = z.output<typeof tokenEntrySchema>;

const day = 86_400_000;

export function createToken(
  client: string,
  { validDays, now = new Date() }: { readonly validDays: number; readonly now?: Date },
): { readonly token: string; readonly entry: TokenEntry } {
  const token = randomBytes(32).toString("base64url");
  const expires = new Date(now.getTime() + validDays * day).toISOString();
  return { token, entry: { client, sha256: digestOf(token).toString("hex"), scope: "enrol", expires } };
}

/** Clocks of the authority and the coordinator may differ by so much, in ms. */
export const clockSkew = 5 * 60_000;

/**
 * Whether this entry is of `id`, and of the token with this digest; that takes as long for a wrong token as for the right one. Who `id` is
 * has been proven: the entries of others are no secret to be guessed.
 */
export function admits({ client, sha256, expires }: TokenEntry, id: string, digest: Buffer, now: Date): boolean {
  if (client !== id) return false;
  return timingSafeEqual(digest, Buffer.from(sha256, "hex")) && now.getTime() <= Date.parse(expires) + clockSkew;
}

/** SHA-256. */
export const digestOf = (token: string): Buffer => createHash("sha256").update(token).digest();
