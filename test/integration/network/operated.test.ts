/** `tributary serve` as it is operated: told to stop, started wrongly, unread. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { callByHand, dialByHand, frame } from "../../support/raw-worker.ts";
import { Operator } from "../../../client/rpc/operator.ts";
import { temporaryFolder } from "../../support/files.ts";
import { example } from "../../support/network.ts";
import { freePort, heartExample, heartSettings, hospitals, simulatedHeart, start } from "../../support/processes.ts";

const scratch = temporaryFolder();
const rounds = 20;
const serve = (state: string, address: string, ...more: string[]): string[] => [
  ...["serve", "--listen", address, "--state", join(scratch.path, state), "--absence", "120", "--json", ...more],
];

test("told to stop in the middle of rounds it parks the run and exits with 0; the next daemon goes on, though nobody reads what it prints, and refuses other settings", async () => {
  const address = `127.0.0.1:${await freePort()}`;
  const among = hospitals.slice(0, 2);
  const run = (count: number): string[] => [
    ...["--run", heartExample, ...heartSettings(count, among).flatMap((setting) => ["--set", setting])],
  ];
  const first = start(serve("stopped", address, ...run(rounds)));
  for (const [name, file] of among)
    start([
      ...["worker", "--coordinator", address, "--data", file, "--name", name, "--json"],
      ...["--state", join(scratch.path, name)],
    ]);
  await first.line("round");
  first.child.kill("SIGTERM");
  expect(await first.ended, first.stderr()).toBe(0);

  const other = start(serve("stopped", address, ...run(rounds + 1)));
  expect(await other.ended).toBe(2);
  expect(other.stderr()).toContain(`federation.rounds: ${rounds} there, ${rounds + 1} here`);

  const second = start(serve("stopped", address, ...run(rounds)), { log: "debug" });
  second.child.stdout!.destroy();
  second.child.stderr!.destroy();
  expect(await second.ended).toBe(0);
  const runs = join(scratch.path, "stopped", "runs");
  const [id, ...others] = readdirSync(runs);
  expect(others).toEqual([]);
  expect(JSON.parse(readFileSync(join(runs, id!, "summary.json"), "utf8"))).toMatchObject({
    rounds,
    modelHash: await simulatedHeart(heartSettings(rounds, among)),
  });
}, 240_000);

test("started on a port that is taken, with a kit or an experiment that is not there, it says so, a line for each thing that is wrong, and has changed nothing", async () => {
  const taken = createServer();
  await new Promise<void>((done) => taken.listen(0, "127.0.0.1", done));
  const { port } = taken.address() as AddressInfo;
  const wrong = [
    {
      args: serve("port", `127.0.0.1:${port}`),
      says: /Cannot listen on .*: another process listens there/,
      state: "port",
      lines: 1,
    },
    {
      args: serve("kit", "127.0.0.1:0", "--keys", "/nowhere"),
      says: /There is no folder \/nowhere/,
      state: "kit",
      lines: 1,
    },
    {
      args: serve("run", "127.0.0.1:0", "--run", "nowhere.yaml"),
      says: /No file nowhere\.yaml/,
      state: "run",
      lines: 1,
    },
  ];
  await Promise.all(
    wrong.map(async ({ args, says, state, lines }) => {
      const process = start(args);
      expect(await process.ended).toBeGreaterThan(0);
      expect(process.stderr()).toMatch(says);
      expect(process.stderr().trimEnd().split("\n")).toHaveLength(lines);
      expect(existsSync(join(scratch.path, state))).toBe(false);
    }),
  );
  taken.close();
}, 60_000);

test("out of descriptors it goes on, and serves again once there are some", async () => {
  const daemon = start(serve("descriptors", "127.0.0.1:0"), { openFiles: 400 });
  const { address } = (await daemon.line("listening")) as { address: string };
  const port = Number(address.split(":").at(-1));
  const crowd = Array.from({ length: 450 }, () => connect(port, "127.0.0.1").on("error", () => undefined));
  await Promise.all(crowd.map((socket) => new Promise((done) => socket.once("connect", done).once("close", done))));
  for (const socket of crowd) socket.destroy();
  const session = dialByHand(port);
  session.on("error", () => undefined); // the assertion tells
  expect(await callByHand(session, "Enroll", frame(Uint8Array.of(0x10)))).toMatchObject({ code: 3 });
  session.destroy();
  daemon.child.kill("SIGTERM");
  expect(await daemon.ended, daemon.stderr()).toBe(0);
}, 60_000);

test("a second coordinator on the same folder is refused by name; told to take over it does, and the first can write no more and ends", async () => {
  const address = `127.0.0.1:${await freePort()}`;
  const first = start(serve("shared", address));
  await first.line("listening");
  const second = start(serve("shared", "127.0.0.1:0"));
  expect(await second.ended).toBe(1);
  expect(second.stderr()).toMatch(
    new RegExp(`shared is in use by process ${String(first.child.pid)} on .*: stop it, or`),
  );
  const third = start(serve("shared", "127.0.0.1:0", "--take-over"));
  await third.line("listening");
  using operator = new Operator({ address });
  const experiment = JSON.stringify(example("heart-disease.yaml"));
  await expect(operator.submit({ experiment, source: "" })).rejects.toThrow(/taken over/);
  expect(await first.ended).toBe(1);
  expect(first.stderr()).toMatch(/taken over/);
  third.child.kill("SIGTERM");
  expect(await third.ended).toBe(0);
}, 120_000);
