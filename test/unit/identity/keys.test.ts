import { X509Certificate } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { issueKeysCommand, listKeysCommand, revokeKeysCommand } from "../../../cli/keys.ts";
import { createAuthority, issueLeaf } from "../../../server/identity/authority.ts";
import { KeyFolder } from "../../../server/identity/key-folder.ts";
import { readRoster } from "../../../server/identity/roster.ts";
import { admits, createToken, digestOf } from "../../../server/identity/token.ts";
import { identityOf } from "../../../shared/identity/identity.ts";
import { expiryWarning, readKit, tokenIn } from "../../../shared/identity/kit.ts";
import { contextIn } from "../../support/context.ts";
import { temporaryFolder } from "../../support/files.ts";

const scratch = temporaryFolder();
const day = 86_400_000;
const request = { hosts: [], days: 365, tokenDays: 7 } as const;

describe("a folder of keys", () => {
  let folder: KeyFolder;
  const path = (name: string): string => join(folder.path, name);
  beforeAll(async () => {
    folder = await KeyFolder.create(join(scratch.path, "keys"));
    await folder.issue({ ...request, name: "server", role: "server", hosts: ["localhost", "127.0.0.1"] });
    await folder.issue({ ...request, name: "clinic-1", role: "client" });
  });

  test("gives each kit the identity of its name and role, and nobody else's usages", () => {
    const server = readKit(path("server"));
    const client = readKit(path("clinic-1"));
    expect(server.identity).toMatchObject({ id: "server", role: "server" });
    expect(client.identity).toMatchObject({ id: "clinic-1", role: "client" });
    const [serves, dials] = [server, client].map(({ certificate }) => new X509Certificate(certificate));
    expect(serves!.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]); // serverAuth
    expect(dials!.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]); // clientAuth
    expect(serves!.checkHost("localhost")).toBe("localhost");
    expect(serves!.checkIP("127.0.0.1")).toBe("127.0.0.1");
    expect(serves!.ca).toBe(false);
  });

  test("keeps every file to its owner", () => {
    const files = [
      "authority/ca.key",
      "authority/issued.json",
      "server/key.pem",
      "server/roster.json",
      "clinic-1/key.pem",
      "clinic-1/token",
    ];
    for (const file of files) expect(statSync(path(file)).mode & 0o777, file).toBe(0o600);
  });

  test("makes leaves of at most a year", () => {
    const { expires } = readKit(path("clinic-1"));
    expect(expires.getTime() - Date.now()).toBeLessThanOrEqual(365 * day);
  });

  test("refuses a name that is taken, a name that is a path, and a renewal of nothing", async () => {
    await expect(folder.issue({ ...request, name: "clinic-1", role: "client" })).rejects.toThrow(
      "clinic-1 has a certificate",
    );
    await expect(folder.issue({ ...request, name: "../clinic", role: "client" })).rejects.toThrow('got "../clinic"');
    await expect(folder.issue({ ...request, name: "authority", role: "client" })).rejects.toThrow("own folder");
    await expect(folder.issue({ ...request, name: "nobody", role: "client", again: "renew" })).rejects.toThrow(
      "no certificate yet",
    );
    await expect(KeyFolder.create(folder.path)).rejects.toThrow("already holds an authority");
  });

  test("renews a certificate for the same key, and rekeys with another and a fresh token", async () => {
    await folder.issue({ ...request, name: "clinic-2", role: "client" });
    const [first, token] = [readKit(path("clinic-2")), tokenIn(path("clinic-2"))];
    await folder.issue({ ...request, name: "clinic-2", role: "client", again: "renew" });
    const renewed = readKit(path("clinic-2"));
    expect(renewed.identity).toEqual(first.identity);
    expect(renewed.certificate).not.toEqual(first.certificate);
    expect(tokenIn(path("clinic-2"))).toBe(token);
    await folder.issue({ ...request, name: "clinic-2", role: "client", again: "rekey" });
    expect(readKit(path("clinic-2")).identity.key).not.toBe(first.identity.key);
    expect(tokenIn(path("clinic-2"))).not.toBe(token);
    expect(
      folder
        .list()
        .filter(({ name }) => name === "clinic-2")
        .map(({ state }) => state),
    ).toEqual(["replaced", "replaced", "valid"]);
  });

  test("puts the hash of a client's token, never the token, into the server's roster", () => {
    const token = tokenIn(path("clinic-1"))!;
    const text = readFileSync(path("server/roster.json"), "utf8");
    expect(text).not.toContain(token);
    const entry = readRoster(path("server/roster.json")).tokens.find(({ client }) => client === "clinic-1")!;
    expect(admits(entry, "clinic-1", digestOf(token), new Date())).toBe(true);
    expect(Buffer.from(token, "base64url")).toHaveLength(32);
  });

  test("revokes the key and the token of a name, in the roster of every server", async () => {
    await folder.issue({ ...request, name: "clinic-3", role: "client" });
    const { key } = readKit(path("clinic-3")).identity;
    expect(folder.revoke("clinic-3")).toBe(1);
    expect(folder.revoke("clinic-3")).toBe(0);
    const roster = readRoster(path("server/roster.json"));
    expect(roster.revoked).toEqual([expect.objectContaining({ name: "clinic-3", key })]);
    expect(roster.tokens.map(({ client }) => client)).not.toContain("clinic-3");
    await expect(folder.issue({ ...request, name: "clinic-3", role: "client", again: "renew" })).rejects.toThrow(
      "is revoked",
    );
    expect(() => folder.revoke("clinic-9")).toThrow('Unknown name "clinic-9": expected one of server, clinic-1');
  });

  test("is listed with what has become of each certificate, and a warning 30 days before the end", async () => {
    const context = contextIn(scratch.path);
    await issueKeysCommand("clinic-soon", { dir: "keys", role: "client", hosts: [], days: 29, tokenDays: 1 }, context);
    revokeKeysCommand("clinic-1", { dir: "keys" }, context);
    listKeysCommand({ dir: "keys" }, context);
    expect(context.printed()).toMatch(/clinic-1 +client +revoked/);
    expect(context.printed()).toMatch(/clinic-soon +client +valid/);
    expect(context.printed()).toContain("look the certificate of client clinic-soon expires in 28 days");
  });
});

describe("a kit", () => {
  test("that does not fit together is refused with everything that is wrong", async () => {
    const [ours, theirs] = [await createAuthority("ours"), await createAuthority("theirs")];
    const identity = { id: "clinic-1", role: "client" } as const;
    const past = new Date(Date.now() - 40 * day);
    const own = await issueLeaf(theirs, { identity, days: 30, now: past });
    const other = await issueLeaf(ours, { identity, days: 30 });
    scratch.write("ca.pem", ours.certificate);
    scratch.write("certificate.pem", own.certificate);
    scratch.write("key.pem", other.key);
    const refusal = (): unknown => readKit(scratch.path);
    expect(refusal).toThrow("was not signed by the authority of ca.pem");
    expect(refusal).toThrow("key.pem is not the key of certificate.pem");
    expect(refusal).toThrow(`certificate.pem expired on ${own.expires.toISOString()}`);
    expect(() => readKit(join(scratch.path, "nowhere"))).toThrow(/^There is no folder .*nowhere: tributary keys issue/);
    mkdirSync(join(scratch.path, "empty"));
    expect(() => readKit(join(scratch.path, "empty"))).toThrow(
      /ca.pem is missing\n.*certificate.pem is missing\n.*key.pem is missing/,
    );
  });

  test("is warned about from 30 days before its end, not before", () => {
    const identity = { id: "clinic-1", role: "client", key: "" } as const;
    const at = (days: number): string | undefined =>
      expiryWarning({ identity, expires: new Date(1e12 + days * day) }, new Date(1e12));
    expect(at(31)).toBeUndefined();
    expect(at(30)).toContain("expires in 30 days");
    expect(at(-1)).toContain("expired on");
  });
});

test("a certificate that names nobody, or two, is nobody's", async () => {
  const authority = await createAuthority("ours");
  const identity = { id: "clinic-1", role: "client" } as const;
  const two = await issueLeaf(authority, { identity, days: 1, hosts: ["a, URI:spiffe://tributary/operator/eve"] });
  expect(() => identityOf(new X509Certificate(authority.certificate))).toThrow("got none");
  expect(() => identityOf(new X509Certificate(two.certificate))).toThrow("Expected a certificate with one name");
});

test("a token admits one id until it expires, give or take five minutes of two clocks", () => {
  const now = new Date(1e12);
  const { token, entry } = createToken("clinic-1", { validDays: 1, now });
  const later = (ms: number): Date => new Date(1e12 + day + ms);
  expect(admits(entry, "clinic-1", digestOf(token), later(4 * 60_000))).toBe(true);
  expect(admits(entry, "clinic-1", digestOf(token), later(6 * 60_000))).toBe(false);
  expect(admits(entry, "clinic-2", digestOf(token), now)).toBe(false);
  expect(admits(entry, "clinic-1", digestOf(`${token}x`), now)).toBe(false);
});

test("a roster that somebody has edited wrongly is refused with the places", () => {
  const file = scratch.write(
    "roster.json",
    JSON.stringify({ format: "tributary-roster-1", tokens: [{ client: 3 }], revoked: "none" }),
  );
  expect(() => readRoster(file)).toThrow(/tokens\.0\.client: expected a text, got 3[\s\S]*revoked: expected a list/);
  copyFileSync(file, `${file}.torn`);
  writeFileSync(`${file}.torn`, "{");
  expect(() => readRoster(`${file}.torn`)).toThrow("is not JSON");
});
