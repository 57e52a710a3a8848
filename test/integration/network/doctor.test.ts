import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { issueLeaf } from "../../../server/identity/authority.ts";
import { KeyFolder } from "../../../server/identity/key-folder.ts";
import { temporaryFolder } from "../../support/files.ts";
import { gatedServer, request, type GatedServer } from "../../support/gated-server.ts";
import { events, tributary } from "../../support/tributary.ts";

const scratch = temporaryFolder();
let server: GatedServer;
let plain: GatedServer;
const kit = (name: string): string => join(server.keys.path, name);

beforeAll(async () => {
  server = await gatedServer(join(scratch.path, "tls"), { facts: { "tributary-protocols": "1-1" } });
  plain = await gatedServer(join(scratch.path, "plain"), { plaintext: true });
  await server.keys.issue({ ...request, name: "clinic-1", role: "client" });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await plain[Symbol.asyncDispose]();
});

/** What the doctor, a process of its own, ends with: its exit code and its last finding. */
async function diagnosis(coordinator: string, keys?: string) {
  const args = ["doctor", "--coordinator", coordinator, "--json", ...(keys === undefined ? [] : ["--keys", keys])];
  const { code, stdout, stderr } = await tributary(args);
  const findings = events(stdout);
  const last = findings.at(-1) ?? { message: stderr };
  return { code, findings, message: String(last["message"]), check: last["check"] };
}

test("a client that can work is told so, before and after it has enrolled", async () => {
  const before = await diagnosis(server.target, kit("clinic-1"));
  expect(before).toMatchObject({
    code: 0,
    message:
      "clinic-1 has not enrolled yet, and its kit holds a token to do so; whether that is good shows when its worker connects",
  });
  using client = server.dial("clinic-1");
  await client.enrol();
  const after = await diagnosis(server.target, kit("clinic-1"));
  expect(after).toMatchObject({ code: 0, message: "clinic-1 is let in" });
  expect(after.findings.map(({ check }) => check)).toEqual([
    "kit",
    "name",
    "port",
    "tls",
    "certificate",
    "clock",
    "version",
    "admission",
  ]);
  expect(await diagnosis(plain.target)).toMatchObject({ code: 0, message: "it answers" });
});

test("nobody listens there", async () => {
  const closed = createServer().listen(0, "127.0.0.1");
  await once(closed, "listening");
  const { port } = closed.address() as AddressInfo;
  closed.close();
  expect(await diagnosis(`127.0.0.1:${port}`)).toMatchObject({
    code: 1,
    check: "port",
    message: expect.stringContaining("nobody listens there") as string,
  });
});

test("a name that nobody knows", async () => {
  expect(await diagnosis("no-such-machine.invalid:7433")).toMatchObject({ code: 1, check: "name" });
});

test("a kit against plaintext, plaintext against TLS, and something else altogether", async () => {
  expect(await diagnosis(plain.target, kit("clinic-1"))).toMatchObject({
    code: 1,
    message: expect.stringContaining("it speaks plaintext, and a kit was given") as string,
  });
  expect(await diagnosis(server.target)).toMatchObject({
    code: 1,
    message: expect.stringContaining("it speaks TLS, and this is plaintext") as string,
  });
  const other = createServer((socket) => socket.on("error", () => undefined).end("220 mail ready\r\n")).listen(
    0,
    "127.0.0.1",
  );
  await once(other, "listening");
  expect(await diagnosis(`127.0.0.1:${(other.address() as AddressInfo).port}`)).toMatchObject({
    code: 1,
    message: expect.stringContaining("does not speak HTTP/2") as string,
  });
  other.close();
});

test("a kit of another authority", async () => {
  const others = await KeyFolder.create(join(scratch.path, "others"));
  await others.issue({ ...request, name: "clinic-1", role: "client" });
  expect(await diagnosis(server.target, join(others.path, "clinic-1"))).toMatchObject({
    code: 1,
    check: "certificate",
    message: expect.stringContaining("is of another authority") as string,
  });
});

test("a certificate that the coordinator refuses though the kit looks sound", async () => {
  await server.keys.issue({ ...request, name: "impostor", role: "server" });
  expect(await diagnosis(server.target, kit("impostor"))).toMatchObject({
    code: 1,
    message: expect.stringContaining("it refuses our certificate") as string,
  });
});

test("a name that is not in the coordinator's certificate", async () => {
  await using misnamed = await gatedServer(join(scratch.path, "misnamed"), { hosts: ["coordinator.example"] });
  await misnamed.keys.issue({ ...request, name: "clinic-1", role: "client" });
  expect(await diagnosis(misnamed.target, join(misnamed.keys.path, "clinic-1"))).toMatchObject({
    code: 1,
    message: expect.stringContaining(
      "not for localhost, but for URI:spiffe://tributary/server/server, DNS:coordinator.example",
    ) as string,
  });
});

test("a certificate that has expired, one of tomorrow, and one whose key is another's", async () => {
  await server.keys.issue({ ...request, name: "clinic-3", role: "client" });
  const authority = {
    certificate: readFileSync(join(kit("clinic-3"), "ca.pem"), "utf8"),
    key: readFileSync(join(kit("authority"), "ca.key"), "utf8"),
  };
  const key = readFileSync(join(kit("clinic-3"), "key.pem"), "utf8");
  const reissue = async (now: number, own = true): Promise<void> => {
    const leaf = await issueLeaf(authority, {
      identity: { id: "clinic-3", role: "client" },
      days: 1,
      now: new Date(now),
      ...(own && { key }),
    });
    writeFileSync(join(kit("clinic-3"), "certificate.pem"), leaf.certificate);
  };
  const day = 86_400_000;
  await reissue(Date.now() - 2 * day);
  expect(await diagnosis(server.target, kit("clinic-3"))).toMatchObject({
    code: 1,
    check: "kit",
    message: expect.stringContaining("expired on") as string,
  });
  await reissue(Date.now() + day);
  expect(await diagnosis(server.target, kit("clinic-3"))).toMatchObject({
    code: 1,
    check: "kit",
    message: expect.stringMatching(/is not valid before .*, and the clock says/) as string,
  });
  await reissue(Date.now(), false);
  expect(await diagnosis(server.target, kit("clinic-3"))).toMatchObject({
    code: 1,
    check: "kit",
    message: expect.stringContaining("is not the key of") as string,
  });
});

test("a key that has been revoked, and one that is not the one that enrolled", async () => {
  await server.keys.issue({ ...request, name: "clinic-4", role: "client" });
  using client = server.dial("clinic-4");
  await client.enrol();
  await server.keys.issue({ ...request, name: "clinic-4", role: "client", again: "rekey" });
  writeFileSync(join(kit("clinic-4"), "token"), "");
  expect(await diagnosis(server.target, kit("clinic-4"))).toMatchObject({
    code: 1,
    check: "admission",
    message: expect.stringContaining("enrolled with another key") as string,
  });
  server.keys.revoke("clinic-4");
  expect(await diagnosis(server.target, kit("clinic-4"))).toMatchObject({
    code: 1,
    check: "admission",
    message:
      "it answers, and refuses: The key of clinic-4 has been revoked: it needs another one (tributary keys issue clinic-4 --rekey)",
  });
});

test("another version of the protocol, other kernels, and a clock that is an hour off", async () => {
  const facts = { "tributary-protocols": "7-9" };
  await using newer = await gatedServer(join(scratch.path, "newer"), { plaintext: true, facts });
  expect(await diagnosis(newer.target)).toMatchObject({
    code: 1,
    check: "version",
    message: expect.stringContaining("it speaks protocol 7-9, and we speak 1-1") as string,
  });
  await using others = await gatedServer(join(scratch.path, "kernels"), {
    plaintext: true,
    facts: { "tributary-kernels": "sha256:00" },
  });
  expect(await diagnosis(others.target)).toMatchObject({
    code: 1,
    check: "version",
    message: expect.stringContaining("it computes with the kernels sha256:00") as string,
  });
  await using late = await gatedServer(join(scratch.path, "late"), {
    plaintext: true,
    facts: { "tributary-clock-ms": String(Date.now() - 3_600_000) },
  });
  const { code, findings } = await diagnosis(late.target);
  expect(code).toBe(0);
  expect(findings).toContainEqual(
    expect.objectContaining({
      check: "clock",
      state: "warning",
      message: expect.stringContaining("60 min ahead of the coordinator's") as string,
    }),
  );
});

test("an address that is none is bad usage", async () => {
  expect(await diagnosis("localhost")).toMatchObject({
    code: 2,
    message: expect.stringContaining("--coordinator: expected HOST:PORT") as string,
  });
});
