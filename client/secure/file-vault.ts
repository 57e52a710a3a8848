/** The vault of a worker's clients: a file for each, for its owner's eyes only, written whole or not at all. A worker that was killed goes on in the session it was in. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { TributaryError } from "../../shared/errors.ts";
import { keyBytes } from "../../shared/secure/keys.ts";
import { writeWhole } from "../room/file-keeper.ts";
import type { Vault } from "./vault.ts";

const secretSchema = z.string().regex(/^[0-9a-f]{64}$/);
const hashSchema = z.string().regex(/^[0-9a-f]{64}$/);
const whole = z.int().min(0);

const heldSchema = z.strictObject({
  identity: secretSchema,
  session: z
    .strictObject({
      round: whole,
      attempt: whole,
      secret: secretSchema,
      noted: z.strictObject({
        circle: hashSchema.exactOptional(),
        dealt: hashSchema.exactOptional(),
        sent: hashSchema.exactOptional(),
        survivors: hashSchema.exactOptional(),
      }),
    })
    .exactOptional(),
  pins: z.record(z.string(), z.string()),
});
type Held = z.output<typeof heldSchema>;

/** @param folder of one run, made when something is kept */
export function fileVault(folder: string, run: string): Vault {
  const known = new Map<string, Held>();
  const fileOf = (client: string): string => join(folder, `${Buffer.from(client).toString("hex")}.vault`);
  const write = (client: string, held: Held): void => {
    writeWhole(folder, fileOf(client), Buffer.from(JSON.stringify(held)), 0o600);
    known.set(client, held);
  };
  /** Throws "invalid-data" for a file that is none: another identity in its place would be refused by all others. */
  const held = (client: string): Held => {
    const found = known.get(client);
    if (found !== undefined) return found;
    const file = fileOf(client);
    if (existsSync(file)) {
      const read = heldSchema.safeParse(parsed(readFileSync(file, "utf8")));
      if (!read.success) throw new TributaryError("invalid-data", `${file}: expected a vault of secure sums, got something else`); // prettier-ignore
      known.set(client, read.data);
      return read.data;
    }
    const made = { identity: randomBytes(keyBytes).toString("hex"), pins: {} };
    write(client, made);
    return made;
  };
  const session: Vault["session"] = (client) => {
    const { session: open } = held(client);
    return open && { ...open, secret: fromHex(open.secret) };
  };
  return {
    run,
    identity: (client) => fromHex(held(client).identity),
    session,
    begin(client, { round, attempt }) {
      const secret = randomBytes(keyBytes);
      write(client, { ...held(client), session: { round, attempt, secret: secret.toString("hex"), noted: {} } });
      return { round, attempt, secret: Uint8Array.from(secret), noted: {} };
    },
    note(client, stage, hash) {
      const before = held(client);
      if (before.session === undefined) throw new TributaryError("forbidden", `${client} is in no session`);
      const { noted } = before.session;
      write(client, { ...before, session: { ...before.session, noted: { ...noted, [stage]: hash } } });
    },
    pins: (client) => new Map(Object.entries(held(client).pins)),
    pin(client, others) {
      const before = held(client);
      write(client, { ...before, pins: { ...before.pins, ...Object.fromEntries(others) } });
    },
  };
}

const fromHex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
