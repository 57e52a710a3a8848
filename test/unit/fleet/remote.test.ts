/** A remote fleet and the answers that it cannot take. */
import { expect, test } from "vitest";
import { TributaryError } from "../../../shared/errors.ts";
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

test("a client whose upload broke off, while it is connected, is asked again", async () => {
  let tries = 0;
  const { fleet } = remoteFleet(options, (client, upload) => {
    if (client === "c2" && ++tries === 2) throw new TributaryError("unavailable", "the stream was reset");
    return upload;
  });
  await using _ = fleet;
  for (const [task, round] of [
    [{ kind: "prepare" }, 0],
    [train, 1],
  ] as const) {
    const answered: string[] = [];
    for await (const report of fleet.run(task, { ...place, round }, fleet.members, never)) {
      expect(report.type).toBe("accepted");
      if (report.type === "accepted") answered.push(...report.answers.map(({ client }) => client));
    }
    expect(answered.sort()).toEqual(fleet.members);
  }
  expect(tries).toBe(3); // the preparation, the training that broke, the training
});

test("an evaluation waits so long for a client that is there and does not answer, and no longer", async () => {
  const spoil = (client: string, upload: Upload): Upload => {
    if (client === "c2") throw new TributaryError("stale-upload", "it goes on elsewhere"); // and never comes
    return upload;
  };
  const { fleet } = remoteFleet(options, spoil, 1000);
  await using _ = fleet;
  const left: string[] = [];
  const task = { kind: "evaluate", parameters, part: "train" } as const;
  for await (const report of fleet.run(task, undefined, fleet.members, never))
    if (report.type === "left") left.push(`${report.client}: ${report.reason}`);
  expect(left).toContain("c2: no answer within 1000 ms");
});
