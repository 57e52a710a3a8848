/**
 * The roster: who may enrol and whose key is no longer good. `tributary keys` writes it into every server's kit; the coordinator
 * reads it again whenever it changes, so that a revocation takes effect while it runs. It holds no secret: tokens are hashes.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { z } from "zod";
import { TributaryError } from "../../shared/errors.ts";
import { explain } from "../../shared/experiment/explain.ts";
import { tokenEntrySchema } from "./token.ts";

const revocationSchema = z.strictObject({
  /** SHA-256 of the public key: every certificate of that key is revoked. */
  key: z.string().regex(/^[0-9a-f]{64}$/),
  name: z.string(),
  at: z.iso.datetime(),
});

const rosterSchema = z.strictObject({
  format: z.literal("tributary-roster-1"),
  tokens: z.array(tokenEntrySchema),
  revoked: z.array(revocationSchema),
});
export type Roster = z.output<typeof rosterSchema>;

export const emptyRoster: Roster = { format: "tributary-roster-1", tokens: [], revoked: [] };

/** Throws "invalid-keys" with everything that is wrong with the file; a missing one is empty: nobody may enrol, nobody is revoked. */
export function readRoster(path: string): Roster {
  if (!existsSync(path)) return emptyRoster;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new TributaryError("invalid-keys", `${path} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  const parsed = rosterSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.flatMap((issue) => explain(issue, value));
  throw new TributaryError(
    "invalid-keys",
    lines.map(({ path: at, message }) => `${path} ${at.join(".") || "roster"}: ${message}`).join("\n"),
  );
}

export const encodeRoster = (roster: Roster): string => `${JSON.stringify(roster, undefined, 2)}\n`;

export const isRevoked = (roster: Roster, key: string): boolean => roster.revoked.some((entry) => entry.key === key);

/** Changes whenever the file does: its time, size and inode; undefined where there is none. */
export function versionOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? undefined : `${found.mtimeNs}.${found.size}.${found.ino}`;
}
