/** Real processes: `tributary serve` and four of `tributary worker`. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../support/files.ts";
import { heartExample, hospitals, simulatedHeart, start, type Process } from "../../support/processes.ts";

const scratch = temporaryFolder();

const worker = (address: string, [name, file]: readonly [string, string], life = 1): Process =>
  start([
    ...["worker", "--coordinator", address, "--data", file, "--name", name],
    ...["--state", join(scratch.path, `${name}-${life}`), "--json"],
  ]);

test("a daemon and four workers train the model that a simulation trains, though one worker is killed and comes back", async () => {
  const rounds = 12;
  const daemon = start([
    ...["serve", "--listen", "127.0.0.1:0", "--state", join(scratch.path, "coordinator"), "--absence", "120", "--json"],
    ...["--run", heartExample, "--set", `federation.rounds=${rounds}`],
  ]);
  const { address } = (await daemon.line("listening")) as { address: string };
  const workers = hospitals.map((hospital) => worker(address, hospital));
  await daemon.line("round");
  workers[1]!.child.kill("SIGKILL");
  worker(address, hospitals[1]!, 2);
  expect(await daemon.ended).toBe(0);
  const finished = daemon.lines().find(({ event }) => event === "finished");
  expect(finished).toMatchObject({ rounds, modelHash: await simulatedHeart(rounds) });
}, 240_000);
