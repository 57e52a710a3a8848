/** A connection that neither side has ended and nothing passes on: it is found, and the client comes back on another one. */
import { expect, test } from "vitest";
import { simulate } from "../../../server/simulation/simulate.ts";
import { example, openDaemon, startWorker } from "../../support/network.ts";
import { TcpProxy } from "../../support/tcp-proxy.ts";

test("a client behind a half-open connection is found silent, comes back, and the run has the bits of the simulation", async () => {
  const experiment = example("heart-disease.yaml", "federation.rounds=6", "evaluation.everyRounds=6");
  const { modelHash } = await simulate(experiment, { threads: 1 });
  await using daemon = await openDaemon({
    presence: { heartbeatMs: 500, silenceMs: 3000 },
    absenceMs: 60_000,
  });
  await using proxy = await TcpProxy.open(daemon.port);
  const behind = "va";
  const workers = Object.entries(experiment.simulation!.clients!).map(([name, source]) =>
    startWorker(name === behind ? proxy.port : daemon.port, name, [source], { callMs: 3000 }),
  );
  const left: string[] = [];
  daemon.roster.listen({ left: (worker, reason) => left.push(`${worker}: ${reason}`) });
  const id = await daemon.runs.submit({ experiment, source: "", submittedBy: "test" });
  daemon.runs.watch(id, (event) => {
    if (event.event === "round" && event.round === 2) proxy.silence();
  });
  const result = await daemon.runs.result(id);
  for (const worker of workers) await worker.stop();
  expect(left).toContainEqual(expect.stringMatching(/^va: silent for/));
  expect(result).toMatchObject({ modelHash, rounds: 6 });
});
