/** What clients that come once a run has begun cannot stand beside: whatever is a sum or a share over all clients from the first round on. */
import type { Report } from "./finding.ts";
import type { Experiment } from "./schema.ts";

export function joiningFits({ federation, data }: Experiment, report: Report): void {
  if (federation.clients.joining === "closed") return;
  const refuse = (wrong: boolean, why: string): void => {
    if (wrong) report(["federation", "clients", "joining"], `is open, and ${why}: joining: closed`);
  };
  refuse(
    data.placement === "coordinator",
    "the coordinator's shards are all there from the start; a worker that comes later takes over when another one is gone",
  );
  refuse(federation.shares.kind === "agnostic", "agnostic shares are of all clients together, from the first round on");
  if (federation.mode === "update") {
    const { kind } = federation.local.drift;
    refuse(
      kind === "scaffold" || kind === "dynamic",
      `the correction ${kind} is a mean over all clients, from the first round on`,
    );
    refuse(federation.asynchrony.kind !== "none", "rounds that wait for nobody are of a simulation");
  }
}
