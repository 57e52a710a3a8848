/** What the questions share: a daemon of the built program in a process of its own, in a folder that goes with this one. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const dist = resolve(import.meta.dirname, "../../../dist");
export const load = (path) => import(join(dist, path));
export const folder = mkdtempSync(join(tmpdir(), "tributary-bench-"));
const children = [];
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

export const number = (text, fallback) => (Number(text) > 0 ? Number(text) : fallback);
export const pause = (ms) => new Promise((done) => setTimeout(done, ms));
export const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

export async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** A process of Node, run by `within`, whose lines of JSON are told; it ends with this one. `ended` gives its code. */
export function spawned(args, onLine = () => {}, within = []) {
  const [command, ...rest] = [...within, process.execPath, ...args];
  const child = spawn(command, rest, {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, TRIBUTARY_LOG: "error", TMPDIR: folder },
  });
  children.push(child);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (more) => {
    const lines = (text + more).split("\n");
    text = lines.pop();
    for (const line of lines) onLine(JSON.parse(line));
  });
  child.ended = new Promise((done) => child.once("close", done));
  return child;
}

export const tributary = (args, onLine, within) =>
  spawned([join(dist, "cli/main.js"), ...args, "--json"], onLine, within);

/** Resolves with the daemon once it listens. */
export async function serve(port, { host = "127.0.0.1", keys, args = [], onLine = () => {} } = {}) {
  const own = ["--listen", `${host}:${port}`, "--state", join(folder, "state"), ...(keys ? ["--keys", keys] : [])];
  let listens;
  const listening = new Promise((done) => (listens = done));
  const child = tributary(["serve", ...own, ...args], (line) => {
    listens();
    onLine(line);
  });
  await Promise.race([listening, child.ended.then((code) => Promise.reject(new Error(`serve ended with ${code}`)))]);
  return child;
}

/** Resident memory of a process in kB: of this moment ("VmRSS"), or the most it ever was ("VmHWM"). */
export const memoryKB = (pid, what = "VmRSS") =>
  Number(new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
