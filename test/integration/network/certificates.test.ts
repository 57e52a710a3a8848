/** What whoever runs a daemon and a worker, each a process of its own, sees of certificates that are no good any more, and does about it. */
import { once } from "node:events";
import { join } from "node:path";
import { connect } from "node:tls";
import { expect, test } from "vitest";
import { workerCommand } from "../../../cli/worker.ts";
import { KeyFolder } from "../../../server/identity/key-folder.ts";
import { readKit } from "../../../shared/identity/kit.ts";
import { contextIn } from "../../support/context.ts";
import { temporaryFolder } from "../../support/files.ts";
import { openDaemon } from "../../support/network.ts";
import { hospitals, start, type Process } from "../../support/processes.ts";

const scratch = temporaryFolder();
const request = { hosts: ["localhost", "127.0.0.1"], days: 365, tokenDays: 7 } as const;
const [name, data] = hospitals[3]!;
const long = { timeout: 60_000 };

const work = (port: string, kit: string): Process =>
  start([
    "worker",
    "--coordinator",
    `localhost:${port}`,
    "--data",
    data,
    "--state",
    join(scratch.path, "worker"),
    "--keys",
    kit,
    "--json",
  ]);

test("revoked, expired, with a new key, renewed: each is told where it happens, and neither process has to be started again", async () => {
  const keys = await KeyFolder.create(join(scratch.path, "keys"));
  await keys.issue({ ...request, name: "server", role: "server" });
  await keys.issue({ ...request, name, role: "client" });
  const [server, kit] = [join(keys.path, "server"), join(keys.path, name)];
  const daemon = start(
    ["serve", "--listen", "127.0.0.1:0", "--keys", server, "--state", join(scratch.path, "state"), "--json"],
    { log: "info" },
  );
  const { address } = await daemon.line("listening");
  const port = String(address).split(":").pop()!;
  const worker = work(port, kit);
  const states = (wanted: string): string[] =>
    worker.lines().flatMap(({ state, reason }) => (state === wanted ? [String(reason)] : []));
  await expect.poll(() => states("waiting").length, long).toBe(1);

  const yearsAgo = new Date("2020-01-01");
  await keys.issue({ ...request, name, role: "client", again: "renew", days: 1 }, yearsAgo);
  keys.revoke(name);
  await expect
    .poll(() => states("disconnected"), long)
    .toContainEqual(expect.stringContaining("The key of va has been revoked"));
  expect(daemon.stderr()).toContain("revoked keys were at work: their calls have ended");
  await expect
    .poll(() => states("disconnected"), long)
    .toContainEqual(expect.stringMatching(/certificate\.pem expired on 2020-01-02.*tributary keys issue NAME --renew/));

  await keys.issue({ ...request, name, role: "client", again: "rekey" });
  await expect.poll(() => states("waiting").length, long).toBe(2);
  const troubles = states("disconnected").length;

  const before = await serialOf(port, kit);
  await keys.issue({ ...request, name: "server", role: "server", again: "renew" });
  await expect.poll(() => serialOf(port, kit), long).not.toBe(before);
  expect(states("disconnected").length).toBe(troubles); // its connection stayed
  expect([worker.child.exitCode, daemon.child.exitCode]).toEqual([null, null]);
}, 120_000);

/** Of the certificate that the coordinator shows whoever connects now. */
async function serialOf(port: string, folder: string): Promise<string> {
  const { ca, key, certificate: cert } = readKit(folder);
  const socket = connect({
    host: "127.0.0.1",
    port: Number(port),
    servername: "localhost",
    ca,
    key,
    cert,
    ALPNProtocols: ["h2"],
  });
  await once(socket, "secureConnect");
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

test("a worker does not start with a kit that is out of date, and says what it is and what to do", async () => {
  const keys = await KeyFolder.create(join(scratch.path, "old"));
  const day = 86_400_000;
  await keys.issue({ ...request, name: "past", role: "client", days: 1 }, new Date("2020-01-01"));
  await keys.issue({ ...request, name: "future", role: "client" }, new Date(Date.now() + 30 * day));
  const begun = (folder: string): Promise<number> => {
    const flags = { coordinator: "localhost:1", data: [data], state: scratch.path, keys: join(keys.path, folder) };
    return workerCommand(flags, "test", contextIn(scratch.path));
  };
  await expect(begun("past")).rejects.toThrow(/past\/certificate\.pem expired on 2020-01-02.*--renew/);
  await expect(begun("future")).rejects.toThrow(/future\/certificate\.pem is not valid before .* and the clock says/);
});

test("a worker whose connection does not come about says why, as doctor would", async () => {
  const keys = await KeyFolder.create(join(scratch.path, "two"));
  const others = await KeyFolder.create(join(scratch.path, "others"));
  await keys.issue({ ...request, name: "server", role: "server" });
  await others.issue({ ...request, name, role: "client" });
  const daemon = await openDaemon({ keys: join(keys.path, "server") });
  const told = async (flags: { readonly keys?: string }): Promise<string> => {
    const stop = new AbortController();
    const context = { ...contextIn(scratch.path), signal: stop.signal };
    const coordinator = `localhost:${daemon.port}`;
    const done = workerCommand({ coordinator, data: [data], name, state: scratch.path, ...flags }, "test", context);
    await expect.poll(context.printed, long).toContain("why:");
    stop.abort();
    await done;
    return context.printed();
  };
  expect(await told({})).toContain("why: it speaks TLS, and this is plaintext: give the kit of a client with --keys");
  expect(await told({ keys: join(others.path, name) })).toContain(
    "why: the coordinator's certificate is of another authority",
  );
  await daemon[Symbol.asyncDispose]();
});
