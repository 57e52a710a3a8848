/** A remote fleet and the answers that it cannot take. */
import { expect, test } from "vitest";
import type { Report } from "../../../server/fleet/fleet.ts";
import { fleetOptions } from "../../support/fleet-options.ts";
import { remoteFleet, type Upload } from "../../support/remote-fleet.ts";

const { options, parameters } = await fleetOptions();
const never = new AbortController().signal;
const place = { round: 1, attempt: 0, exchange: 0, pass: 0 };
const train = { kind: "train", round: 1, parameters, learningRate: 0.1, totals: [40] } as const;

test.each<[string, (upload: Upload) => Upload, RegExp]>([
  ["cut short", ({ answer, vectors }) => ({ answer, vectors: vectors.subarray(8) }), /expected vectors of \d+ bytes/],
  ["that are no numbers", ({ answer, vectors }) => ({ answer, vectors: vectors.map(() => 255) }), /finite/],
])("a client whose vectors are refused, %s, and that says nothing more has left", async (_name, spoil, reason) => {
  const { fleet } = remoteFleet(options, (client, upload) => (client === "c2" ? spoil(upload) : upload));
  await using _ = fleet;
  for await (const report of fleet.run({ kind: "prepare" }, { ...place, round: 0 }, fleet.members, never))
    expect(report.type).toBe("accepted");
  const reports: Report[] = [];
  for await (const report of fleet.run(train, place, fleet.members, never)) reports.push(report);
  const left = reports.filter((report) => report.type === "left");
  expect(left).toMatchObject([{ client: "c2", reason: expect.stringMatching(reason) as string }]);
  const answered = reports.flatMap((report) => (report.type === "accepted" ? report.answers : []));
  expect(answered.map(({ client }) => client).sort()).toEqual(["c0", "c1", "c3", "c4"]);
});
