/** The file that a coordinator is started with. */
import { expect, test } from "vitest";
import { decodeServeConfig, type Flag } from "../../../server/serve-config.ts";

const decode = (text: string, flags: readonly Flag[] = []) =>
  decodeServeConfig({ file: { name: "coordinator.yaml", text, folder: "/etc/tributary" }, flags, cwd: "/home/ada" });

test("without a file everything has a default, and paths start where one is", () => {
  const config = decodeServeConfig({ cwd: "/home/ada" });
  expect(config).toMatchObject({
    listen: "localhost:7433",
    state: "/home/ada/coordinator",
    enrolment: "token",
    absenceSeconds: 15,
    graceSeconds: 10,
    log: "info",
  });
  expect(config.keys).toBeUndefined();
  expect(config.limits.refusalsPerAddress).toEqual({ perSecond: 5, burst: 50 });
});

test("paths of a file start from its folder, those of the command line where it was typed; the command line wins", () => {
  const text = "serve: 1\nlisten: 0.0.0.0:7433\nstate: data\nkeys: keys/server\nabsenceSeconds: 60\n";
  expect(decode(text)).toMatchObject({ state: "/etc/tributary/data", keys: "/etc/tributary/keys/server" });
  const flags: Flag[] = [
    { setting: "keys", flag: "--keys", value: "mine" },
    { setting: "listen", flag: "--listen", value: "[::1]:7000" },
    { setting: "absenceSeconds", flag: "--absence", value: 5 },
  ];
  expect(decode(text, flags)).toMatchObject({
    listen: "[::1]:7000",
    state: "/etc/tributary/data",
    keys: "/home/ada/mine",
    absenceSeconds: 5,
  });
});

test("every problem is told at once, with its line and column, or the flag that brought it", () => {
  const text = [
    "serve: 1",
    "listen: everywhere",
    "enrollment: open",
    "diskBudgetMegabytes: -3",
    "limits:",
    "  refusalsPerAddress: { perSecond: 5 }",
    "log: loud",
  ].join("\n");
  const refusal = () => decode(text, [{ setting: "metrics", flag: "--metrics", value: "9464" }]);
  expect(refusal).toThrow(expect.objectContaining({ code: "invalid-experiment" }) as Error);
  let message = "";
  try {
    refusal();
  } catch (error) {
    message = (error as Error).message;
  }
  const lines = message.split("\n");
  const begins = [
    'coordinator.yaml:2:9 listen: expected HOST:PORT, got "everywhere"',
    'coordinator.yaml:3:1 enrollment: is not a known key: did you mean "enrolment"?',
    "coordinator.yaml:4:22 diskBudgetMegabytes: expected",
    "coordinator.yaml:6:3 limits.refusalsPerAddress.burst: is missing",
    "coordinator.yaml:7:6 log: expected",
    '--metrics 9464 metrics: expected HOST:PORT, got "9464"',
  ];
  expect(lines).toHaveLength(begins.length);
  begins.forEach((begin, i) => {
    expect(lines[i]).toContain(begin);
  });
  expect(() => decode("")).toThrow(/coordinator\.yaml:1:1 the configuration: .*expected/);
});
