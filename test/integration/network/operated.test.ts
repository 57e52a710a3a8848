/** `tributary serve` as it is operated: told to stop, started wrongly, unread. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../support/files.ts";
import { freePort, heartExample, hospitals, simulatedHeart, start } from "../../support/processes.ts";

const scratch = temporaryFolder();
const rounds = 20;
const serve = (state: string, address: string, ...more: string[]): string[] => [
  ...["serve", "--listen", address, "--state", join(scratch.path, state), "--absence", "120", "--json", ...more],
];

test("told to stop in the middle of rounds it parks the run and exits with 0; the next daemon goes on, though nobody reads what it prints, and refuses other settings", async () => {
  const address = `127.0.0.1:${await freePort()}`;
  const run = (count: number): string[] => ["--run", heartExample, "--set", `federation.rounds=${count}`];
  const first = start(serve("stopped", address, ...run(rounds)));
  for (const [name, file] of hospitals)
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
    modelHash: await simulatedHeart(rounds),
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
    { args: serve("kit", "127.0.0.1:0", "--keys", "/nowhere"), says: /\/nowhere/, state: "kit", lines: 3 },
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
