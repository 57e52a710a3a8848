/** The page for whoever keeps a coordinator going: every command on it, in its order, with the units and settings beside it. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { decodeServeConfig } from "../../server/serve-config.ts";
import { temporaryFolder } from "../support/files.ts";
import { freePort } from "../support/processes.ts";
import { house } from "../support/tributary.ts";

const scratch = temporaryFolder();
const folder = join(house, "server/operations");
const page = readFileSync(join(folder, "runbook.md"), "utf8");
const blocks = [...page.matchAll(/^```bash\n([\s\S]*?)^```$/gm)].map(([, block]) => block!);
const units = readdirSync(folder).filter((name) => name.endsWith(".service"));

test("the page is one page", () => {
  expect(page.split("\n").length).toBeLessThan(130);
  expect(blocks.length).toBeGreaterThan(5);
});

test("the settings beside it are settings that the coordinator takes", () => {
  const text = readFileSync(join(folder, "coordinator.yaml"), "utf8");
  const config = decodeServeConfig({ file: { name: "coordinator.yaml", text, folder: "/etc/tributary" }, cwd: "/" });
  expect(config).toMatchObject({ state: "/var/lib/tributary/coordinator", keys: "/etc/tributary/keys/server" });
});

test("the container is built in two stages, runs as nobody special, and names no registry", () => {
  const lines = readFileSync(join(folder, "Containerfile"), "utf8").split("\n");
  const images = lines.flatMap((line) => /^FROM (\S+)/.exec(line)?.slice(1) ?? []);
  expect(images).toHaveLength(2);
  for (const image of images) expect(image).not.toContain("/");
  expect(lines.filter((line) => /^(USER|ENTRYPOINT|STOPSIGNAL)/.test(line))).toEqual([
    "USER node",
    "STOPSIGNAL SIGTERM",
    'ENTRYPOINT ["tributary"]',
  ]);
  for (const [, copied] of lines.join("\n").matchAll(/^COPY (?!--from|\.)(.+) \.\/$/gm))
    for (const file of copied!.split(" ")) expect(existsSync(join(house, file)), file).toBe(true);
});

const analyzer = spawnSync("systemd-analyze", ["--version"]).status === 0;

test.skipIf(!analyzer).each(units)("systemd finds nothing wrong with %s, and little exposed", (unit) => {
  const text = readFileSync(join(folder, unit), "utf8").replaceAll("/usr/bin/tributary", "/bin/true");
  mkdirSync(join(scratch.path, "verified"), { recursive: true });
  const file = join(scratch.path, "verified", unit.replace("@", "@one"));
  writeFileSync(file, text);
  const verified = spawnSync("systemd-analyze", ["verify", "--man=no", file], { encoding: "utf8" });
  expect([verified.status, verified.stderr.split("\n").filter((line) => line.includes(unit.slice(0, 9)))]).toEqual([
    0,
    [],
  ]);
  const exposed = spawnSync("systemd-analyze", ["security", "--offline=true", "--threshold=25", "--no-pager", file], {
    encoding: "utf8",
  });
  expect(exposed.status, exposed.stdout.split("\n").slice(-4).join("\n")).toBe(0);
});

/** `systemctl` for a machine without systemd: it starts what the unit says, and stops it as systemd would. */
const systemctl = `#!/bin/bash
verb=$1 name=$2 instance=""
[[ $name == *@* ]] && instance=\${name#*@} && name=\${name%@*}@
unit=$ROOT/units/$name.service pid=$ROOT/$name$instance.pid log=$ROOT/$name$instance.log
stop() { kill -TERM $(cat $pid); for i in {1..600}; do kill -0 $(cat $pid) 2>/dev/null || return 0; sleep .1; done; exit 1; }
start() {
  environment=$(sed -n 's/^EnvironmentFile=//p' $unit | sed "s/%i/$instance/g")
  [ -n "$environment" ] && set -a && . $environment && set +a
  command=$(sed -n 's/^ExecStart=//p' $unit | sed "s/%i/$instance/g")
  eval "exec setsid $command" >>$log 2>&1 </dev/null & echo $! >$pid
}
case $verb in daemon-reload) ;; start) start ;; stop) stop ;; restart) stop; start ;; *) exit 2 ;; esac`;

test("every command on it works, in the order of the page; a run ends with a model, before and after a restore", async () => {
  const root = scratch.path;
  const bin = join(root, "bin");
  for (const made of ["bin", "etc", "lib", "backups", "units", "page"]) mkdirSync(join(root, made));
  const [port, watched] = [await freePort(), await freePort()];
  const moved = (text: string): string =>
    text
      .replaceAll("/etc/systemd/system", join(root, "units"))
      .replaceAll("/etc/tributary", join(root, "etc"))
      .replaceAll("/var/lib/tributary", join(root, "lib"))
      .replaceAll("/var/backups/tributary", join(root, "backups"))
      .replaceAll("/usr/bin/tributary", join(bin, "tributary"))
      .replaceAll("/srv/tributary/data.csv", join(house, "examples/data/heart_disease/processed.va.data"))
      .replaceAll("7433", String(port))
      .replaceAll("9464", String(watched));
  for (const file of readdirSync(folder))
    writeFileSync(join(root, "page", file), moved(readFileSync(join(folder, file), "utf8")));
  const command = (name: string, text: string): void => {
    writeFileSync(join(bin, name), text);
    chmodSync(join(bin, name), 0o755);
  };
  command("systemctl", systemctl);
  // The port of the page is the default one; the test has another.
  command(
    "tributary",
    `#!/bin/bash
[[ $1 == runs ]] && set -- "$@" --coordinator localhost:${port}
exec ${process.execPath} ${join(house, "dist/cli/main.js")} "$@"`,
  );
  const experiment = readFileSync(join(house, "examples/heart-disease.yaml"), "utf8");
  const own = experiment.replace(/^simulation:\n(?:[ #].*\n|\n)*/m, "").replace(/rounds: \d+/, "rounds: 3");
  writeFileSync(join(root, "page", "experiment.yaml"), own.replaceAll("data/heart_disease", "."));
  const submit = /^(tributary runs submit.*)$/m;
  const script = [
    `trap 'for pid in $ROOT/*.pid; do kill -TERM $(cat "$pid"); done' EXIT`,
    "set -e",
    ...blocks.map((block) => moved(block).replace(submit, "$1 --clients 1")),
    `tributary runs list --json --keys ${join(root, "etc/keys/operator")}`,
  ].join("\n");
  const child = spawn("/bin/bash", ["-c", script], {
    cwd: join(root, "page"),
    env: { ...process.env, NO_COLOR: "1", ROOT: root, PATH: `${bin}:${process.env["PATH"] ?? ""}` },
  });
  onTestFinished(() => void child.kill());
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (printed += text));
  const [code] = (await once(child, "close")) as [number];
  const log = join(root, "tributary-coordinator.log");
  expect(code, `${printed}\n${existsSync(log) ? readFileSync(log, "utf8") : ""}`).toBe(0);
  expect(printed).toMatch(/all 3 rounds are done · model sha256:[0-9a-f]{64}/);
  expect(printed.match(/✓ clinic-1 is let in$/gm)).toHaveLength(2);
  expect(printed).toMatch(/"status":"finished","explanation":"all 3 rounds are done"/);
}, 240_000);
