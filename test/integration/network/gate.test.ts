import { once } from "node:events";
import { connect as connectPlain, createServer } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { readFileSync } from "node:fs";
import { credentials, status, type ServiceError, type StatusObject } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Enrolments } from "../../../server/identity/enrolment.ts";
import { issueLeaf } from "../../../server/identity/authority.ts";
import { KeyFolder } from "../../../server/identity/key-folder.ts";
import { readKit } from "../../../shared/identity/kit.ts";
import { temporaryFolder } from "../../support/files.ts";
import { credentialsOf, Dialled, gatedServer, request, type GatedServer } from "../../support/gated-server.ts";

const scratch = temporaryFolder();
const unauthenticated = { code: status.UNAUTHENTICATED };

describe("with certificates", () => {
  let server: GatedServer;
  const kit = (name: string): string => join(server.keys.path, name);
  const issue = (name: string, days = 365) => server.keys.issue({ ...request, name, role: "client", days });
  beforeAll(async () => {
    server = await gatedServer(join(scratch.path, "mtls"));
    await issue("clinic-1");
    await server.keys.issue({ ...request, name: "operator", role: "operator" });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test("a client that has enrolled with its token works, and needs the token no more", async () => {
    using client = server.dial("clinic-1");
    await expect(client.call("Work")).rejects.toMatchObject({
      ...unauthenticated,
      details: expect.stringContaining("not enrolled") as string,
    });
    await client.enrol();
    expect(await client.call("Work")).toBe("hello");
    using again = new Dialled(server.target, credentialsOf(kit("clinic-1")));
    await again.enrol();
    expect(await again.call("Work")).toBe("hello");
  });

  test("a connection without a certificate, with one of another authority or with one out of date is refused, and the log says why", async () => {
    const other = await KeyFolder.create(join(scratch.path, "other"));
    await other.issue({ ...request, name: "clinic-1", role: "client" });
    const ca = readFileSync(join(kit("server"), "ca.pem"));
    const { key, certificate } = readKit(join(other.path, "clinic-1"));
    const authority = { certificate: ca.toString(), key: readFileSync(join(kit("authority"), "ca.key"), "utf8") };
    const identity = { id: "clinic-1", role: "client" } as const;
    const stale = await issueLeaf(authority, { identity, days: 1, now: new Date(Date.now() - 3 * 86_400_000) });
    const attempts = {
      "it showed no certificate": credentials.createSsl(ca),
      "it is of another authority": credentials.createSsl(ca, key, certificate),
      "it has expired": credentials.createSsl(ca, Buffer.from(stale.key), Buffer.from(stale.certificate)),
    };
    for (const [reason, channel] of Object.entries(attempts)) {
      const before = server.turnedAway.length;
      using client = new Dialled(server.target, channel);
      await expect(client.call("Work"), reason).rejects.toMatchObject({ code: status.UNAVAILABLE });
      expect(server.turnedAway.slice(before).join("\n")).toContain(reason);
    }
  });

  test("a coordinator's certificate does not pass for a client's", async () => {
    using client = new Dialled(server.target, credentialsOf(kit("server")));
    await expect(client.call("Work")).rejects.toMatchObject({ code: status.UNAVAILABLE });
    expect(server.turnedAway.at(-1)).toContain("it is not a client's");
  });

  test("a role may call what is its own, and every refusal is told", async () => {
    using operator = server.dial("operator");
    await expect(operator.call("Work")).rejects.toMatchObject({ code: status.PERMISSION_DENIED });
    expect(await operator.call("Stop")).toBe("hello");
    expect(server.refusals.at(-1)).toMatchObject({
      id: "operator",
      role: "operator",
      method: "/test.Gated/Work",
      code: "PERMISSION_DENIED",
      address: "127.0.0.1",
    });
  });

  test("an id with another key is refused until a token brings the key in", async () => {
    await issue("clinic-2");
    using first = server.dial("clinic-2");
    await first.enrol();
    const tokenBefore = readFileSync(join(kit("clinic-2"), "token"), "utf8").trim();
    await server.keys.issue({ ...request, name: "clinic-2", role: "client", again: "rekey" });
    using second = server.dial("clinic-2");
    await expect(second.call("Work")).rejects.toMatchObject({
      details: expect.stringContaining("enrolled with another key") as string,
    });
    await expect(second.enrol(tokenBefore)).rejects.toMatchObject(unauthenticated);
    await second.enrol();
    expect(await second.call("Work")).toBe("hello");
  });

  test("another certificate of the same key is the same somebody", async () => {
    await issue("clinic-3");
    using first = server.dial("clinic-3");
    await first.enrol();
    await server.keys.issue({ ...request, name: "clinic-3", role: "client", again: "renew" });
    using second = new Dialled(server.target, credentialsOf(kit("clinic-3")));
    expect(await second.call("Work")).toBe("hello");
  });

  test("a revocation ends the live stream, and the next call says why", async () => {
    await issue("clinic-4");
    using client = server.dial("clinic-4");
    await client.enrol();
    const stream = client.attend();
    stream.on("error", () => undefined);
    stream.write(Buffer.from("beat"));
    await once(stream, "data");
    const ended = new Promise<StatusObject>((done) => {
      stream.on("status", done);
    });
    server.keys.revoke("clinic-4");
    expect(server.gate.endRevoked()).toEqual(["clinic-4"]);
    const details =
      "The key of clinic-4 has been revoked: it needs another one (tributary keys issue clinic-4 --rekey)";
    expect(await ended).toMatchObject({ ...unauthenticated, details });
    await expect(client.call("Work")).rejects.toMatchObject({ details });
  });

  test("the coordinator's certificate is renewed while streams live on", async () => {
    using client = server.dial("clinic-1");
    const stream = client.attend();
    stream.on("error", () => undefined);
    stream.write(Buffer.from("before"));
    await once(stream, "data");
    const serial = async (): Promise<string> => {
      const { ca, key, certificate } = readKit(kit("clinic-1"));
      const socket = connectTls({
        host: "127.0.0.1",
        port: server.door.port,
        servername: "localhost",
        ca,
        key,
        cert: certificate,
        ALPNProtocols: ["h2"],
      });
      await once(socket, "secureConnect");
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      return serialNumber;
    };
    const before = await serial();
    await server.keys.issue({ ...request, name: "server", role: "server", again: "renew" });
    server.door.renew(readKit(kit("server")));
    expect(await serial()).not.toBe(before);
    stream.write(Buffer.from("after"));
    expect(String((await once(stream, "data"))[0])).toBe("after");
    stream.cancel();
  });

  test("a recorded connection cannot be played again", async () => {
    const recorded: Buffer[] = [];
    const proxy = createServer((near) => {
      const far = connectPlain(server.door.port, "127.0.0.1");
      near
        .on("data", (chunk: Buffer) => recorded.push(chunk))
        .pipe(far)
        .pipe(near);
      for (const socket of [near, far]) socket.on("error", () => undefined);
    }).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const { port } = proxy.address() as { port: number };
    {
      using client = new Dialled(`localhost:${port}`, credentialsOf(kit("clinic-1")));
      expect(await client.call("Work")).toBe("hello");
    }
    proxy.close();
    const before = [server.gate.liveCalls, server.turnedAway.length] as const;
    const replay = connectPlain(server.door.port, "127.0.0.1");
    replay.on("error", () => undefined).resume();
    for (const chunk of recorded) replay.write(chunk);
    await once(replay, "close");
    expect(server.gate.liveCalls).toBe(before[0]);
    expect(server.turnedAway.slice(before[1]).join()).toContain("the TLS handshake failed");
  });
});

test("wrong tokens are refused, and a thousand guesses bar the address while the right token lives on", async () => {
  await using server = await gatedServer(join(scratch.path, "guesses"), {
    limits: { refusalsPerAddress: { perSecond: 0.01, burst: 20 } },
  });
  await server.keys.issue({ ...request, name: "clinic-1", role: "client" });
  using client = server.dial("clinic-1");
  const codes = new Map<status, number>();
  for (let i = 0; i < 10; i++) {
    const guesses = Array.from({ length: 100 }, (_, j) =>
      client.enrol(`guess-${i}-${j}`).catch((error: unknown) => (error as ServiceError).code),
    );
    for (const code of await Promise.all(guesses)) codes.set(code as status, (codes.get(code as status) ?? 0) + 1);
  }
  expect([...codes.keys()].sort((a, b) => a - b)).toEqual([status.RESOURCE_EXHAUSTED, status.UNAUTHENTICATED]);
  expect(codes.get(status.UNAUTHENTICATED)).toBeLessThanOrEqual(40); // the burst, and what was on its way when the address was barred
  const refused = await client
    .enrol()
    .catch((error: unknown) => (error as ServiceError).metadata.get("retry-after-ms"));
  expect(Number((refused as string[])[0])).toBeGreaterThan(0);
  expect(await server.store.records("pin")).toHaveProperty("size", 0);
}, 30_000);

test("a token is good once, also when it comes twice at once", async () => {
  await using server = await gatedServer(join(scratch.path, "once"));
  await server.keys.issue({ ...request, name: "clinic-1", role: "client" });
  const kit = join(server.keys.path, "clinic-1");
  const token = readFileSync(join(kit, "token"), "utf8").trim();
  const authority = {
    certificate: readFileSync(join(kit, "ca.pem"), "utf8"),
    key: readFileSync(join(server.keys.path, "authority", "ca.key"), "utf8"),
  };
  const twin = await issueLeaf(authority, { identity: { id: "clinic-1", role: "client" }, days: 1 });
  using first = new Dialled(server.target, credentialsOf(kit));
  using second = new Dialled(
    server.target,
    credentials.createSsl(Buffer.from(authority.certificate), Buffer.from(twin.key), Buffer.from(twin.certificate)),
  );
  const outcomes = await Promise.allSettled([first.enrol(token), second.enrol(token)]);
  expect(outcomes.map(({ status: how }) => how).sort()).toEqual(["fulfilled", "rejected"]);
});

test("pins outlive the daemon: what was enrolled stays enrolled, and its token stays used", async () => {
  const { store, keys } = await (async () => {
    await using server = await gatedServer(join(scratch.path, "first"));
    await server.keys.issue({ ...request, name: "clinic-1", role: "client" });
    using client = server.dial("clinic-1");
    await client.enrol();
    return server;
  })();
  const [[, pin]] = [...(await store.records("pin"))] as [[string, unknown]];
  expect(pin).toHaveProperty("token");
  const again = await Enrolments.open({ store, policy: "token", roster: () => keys.roster() });
  const { identity } = readKit(join(keys.path, "clinic-1"));
  expect(() => {
    again.mustBeEnrolled(identity);
  }).not.toThrow();
  const token = readFileSync(join(keys.path, "clinic-1", "token"), "utf8").trim();
  await expect(again.enrol({ ...identity, key: "0".repeat(64) }, token)).rejects.toThrow(
    "wrong, not for this id, used, or expired",
  );
});

test("a coordinator that enrols nobody says so", async () => {
  await using server = await gatedServer(join(scratch.path, "closed"), { policy: "closed" });
  await server.keys.issue({ ...request, name: "clinic-1", role: "client" });
  using client = server.dial("clinic-1");
  await expect(client.enrol()).rejects.toMatchObject({
    details: "clinic-1 is not enrolled, and this coordinator enrols nobody",
  });
});

test("tokens and certificates bear five minutes of difference between two clocks, not an hour", async () => {
  let ahead = 0;
  await using server = await gatedServer(join(scratch.path, "clocks"), { now: () => new Date(Date.now() + ahead) });
  const day = 86_400_000;
  await server.keys.issue({ ...request, name: "clinic-1", role: "client", tokenDays: 1 });
  await server.keys.issue({ ...request, name: "clinic-2", role: "client", tokenDays: 1 });
  ahead = day + 4 * 60_000;
  using first = server.dial("clinic-1");
  await first.enrol();
  ahead = day + 3_600_000;
  using second = server.dial("clinic-2");
  await expect(second.enrol()).rejects.toMatchObject(unauthenticated);
  ahead = -3_600_000; // a step back: nothing that was enrolled is forgotten, and a token of tomorrow is still good
  expect(await first.call("Work")).toBe("hello");
  await second.enrol();
});
