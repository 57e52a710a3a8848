/**
 * The folder of `tributary keys`: one private authority and the kits it has made.
 *
 *     keys/authority/   ca.pem, ca.key, issued.json, roster.json    stays with whoever runs the authority
 *     keys/server/      a coordinator's kit, roster.json among it   goes to the coordinator
 *     keys/clinic-1/    a client's kit with its one-time token      goes to the client, whole, and nowhere else
 *
 * Files are 0600, folders 0700. Every change writes whole files, the record of the authority before the kit that it is about.
 */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { TributaryError } from "../../shared/errors.ts";
import { isId, mustBeId, roles, type Role } from "../../shared/identity/identity.ts";
import { makeFolder, writeDurably } from "../store/durable.ts";
import { createAuthority, issueLeaf, type Signed } from "./authority.ts";
import { emptyRoster, encodeRoster, isRevoked, readRoster, type Roster } from "./roster.ts";
import { createToken } from "./token.ts";

const issuedSchema = z.array(
  z.strictObject({
    name: z.string(),
    role: z.enum(roles),
    serial: z.string(),
    /** SHA-256 of the public key. */
    key: z.string(),
    hosts: z.array(z.string()),
    at: z.iso.datetime(),
    expires: z.iso.datetime(),
  }),
);
export type Issued = z.output<typeof issuedSchema>[number];

/** An issued certificate with what has become of it. */
export interface Listed extends Issued {
  readonly state: "valid" | "expired" | "revoked" | "replaced";
}

export interface IssueRequest {
  readonly name: string;
  readonly role: Role;
  /** DNS names and addresses of a server. */
  readonly hosts: readonly string[];
  /** Of the certificate, 1 to 365. */
  readonly days: number;
  /** How long the enrolment token of a client is good. */
  readonly tokenDays: number;
  /** renew: another certificate for the same key · rekey: a new key, with a token to enrol it. */
  readonly again?: "renew" | "rekey";
}

export class KeyFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes the authority. Throws "invalid-option" when there is one already. */
  static async create(path: string, now = new Date()): Promise<KeyFolder> {
    if (existsSync(join(path, "authority")))
      throw new TributaryError(
        "invalid-option",
        `${path} already holds an authority: choose another folder with --dir`,
      );
    const folder = new KeyFolder(path);
    folder.#makeFolder("authority");
    const { certificate, key } = await createAuthority("Tributary authority", now);
    folder.#write("authority/ca.key", key);
    folder.#write("authority/roster.json", encodeRoster(emptyRoster));
    folder.#write("authority/issued.json", "[]\n");
    folder.#write("authority/ca.pem", certificate);
    return folder;
  }

  /** Throws "invalid-option" when there is no authority in it. */
  static open(path: string): KeyFolder {
    if (!existsSync(join(path, "authority", "ca.pem")))
      throw new TributaryError("invalid-option", `There is no authority in ${path}: make one with tributary keys init`);
    return new KeyFolder(path);
  }

  /** Makes a kit, and answers with its folder. Throws "invalid-option" for a name that is taken, or has nothing to renew. */
  async issue({ name, role, hosts, days, tokenDays, again }: IssueRequest, now = new Date()): Promise<Listed> {
    mustBeId("The name", name);
    if (name === "authority") throw new TributaryError("invalid-option", `"authority" is the authority's own folder`);
    const before = this.#issued().findLast((one) => one.name === name);
    if (before === undefined && again !== undefined)
      throw new TributaryError("invalid-option", `${name} has no certificate yet: leave --${again} out`);
    if (before !== undefined && again === undefined) {
      throw new TributaryError(
        "invalid-option",
        `${name} has a certificate: --renew makes another for the same key, --rekey one with a new key`,
      );
    }
    if (again === "renew" && isRevoked(this.roster(), before!.key))
      throw new TributaryError("invalid-option", `The key of ${name} is revoked: --rekey makes a new one`);
    const identity = { id: name, role: before?.role ?? role };
    const allHosts = hosts.length > 0 ? hosts : (before?.hosts ?? []);
    const key = again === "renew" ? readFileSync(join(this.path, name, "key.pem"), "utf8") : undefined;
    const leaf = await issueLeaf(this.#authority(), { identity, hosts: allHosts, days, now, ...(key && { key }) });
    const entry: Issued = {
      name,
      role: identity.role,
      serial: leaf.serial,
      key: leaf.keyHash,
      hosts: [...allHosts],
      at: now.toISOString(),
      expires: leaf.expires.toISOString(),
    };
    this.#write("authority/issued.json", `${JSON.stringify([...this.#issued(), entry], undefined, 2)}\n`);
    this.#makeFolder(name);
    this.#write(`${name}/ca.pem`, this.#authority().certificate);
    if (again !== "renew") this.#write(`${name}/key.pem`, leaf.key);
    this.#write(`${name}/certificate.pem`, leaf.certificate);
    if (identity.role === "server") this.#publish(this.roster());
    if (identity.role === "client" && again !== "renew") this.token(name, tokenDays, now);
    return { ...entry, state: "valid" };
  }

  /** A fresh one-time token in the kit of a client; earlier ones of it are no longer good. */
  token(name: string, validDays: number, now = new Date()): string {
    this.#mustKnow(name);
    const { token, entry } = createToken(name, { validDays, now });
    const roster = this.roster();
    this.#publish({ ...roster, tokens: [...roster.tokens.filter(({ client }) => client !== name), entry] });
    this.#write(`${name}/token`, `${token}\n`);
    return token;
  }

  /** Revokes every key that was issued under a name, and its tokens. Answers with how many keys. */
  revoke(name: string, now = new Date()): number {
    this.#mustKnow(name);
    const roster = this.roster();
    const keys = new Set(
      this.#issued()
        .filter((one) => one.name === name)
        .map(({ key }) => key),
    );
    const fresh = [...keys].filter((key) => !isRevoked(roster, key));
    this.#publish({
      ...roster,
      tokens: roster.tokens.filter(({ client }) => client !== name),
      revoked: [...roster.revoked, ...fresh.map((key) => ({ key, name, at: now.toISOString() }))],
    });
    return fresh.length;
  }

  /** Every certificate, in the order they were made. */
  list(now = new Date()): Listed[] {
    const issued = this.#issued();
    const roster = this.roster();
    return issued.map((one, i) => {
      const replaced = issued.some((other, at) => at > i && other.name === one.name);
      const expired = new Date(one.expires) < now;
      const state = isRevoked(roster, one.key) ? "revoked" : replaced ? "replaced" : expired ? "expired" : "valid";
      return { ...one, state };
    });
  }

  roster(): Roster {
    return readRoster(join(this.path, "authority", "roster.json"));
  }

  #authority(): Signed {
    const read = (name: string): string => readFileSync(join(this.path, "authority", name), "utf8");
    return { certificate: read("ca.pem"), key: read("ca.key") };
  }

  #issued(): Issued[] {
    const path = join(this.path, "authority", "issued.json");
    const parsed = issuedSchema.safeParse(JSON.parse(readFileSync(path, "utf8")));
    if (!parsed.success) throw new TributaryError("invalid-keys", `${path}: ${z.prettifyError(parsed.error)}`);
    return parsed.data;
  }

  #mustKnow(name: string): void {
    const known = [...new Set(this.#issued().map((one) => one.name))];
    if (isId(name) && known.includes(name)) return;
    throw new TributaryError(
      "unknown-name",
      `Unknown name "${name}": expected one of ${known.join(", ") || "none yet"}`,
    );
  }

  /** To the authority, and into the kit of every server. */
  #publish(roster: Roster): void {
    this.#write("authority/roster.json", encodeRoster(roster));
    const servers = this.#issued().filter(({ role }) => role === "server");
    for (const name of new Set(servers.map((one) => one.name)))
      this.#write(`${name}/roster.json`, encodeRoster(roster));
  }

  #makeFolder(name: string): void {
    makeFolder(this.path);
    if (!existsSync(join(this.path, name))) mkdirSync(join(this.path, name), { mode: 0o700 });
  }

  #write(name: string, content: string): void {
    writeDurably(join(this.path, name), content, { mode: 0o600 });
  }
}
