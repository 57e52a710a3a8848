import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/**
 * A Python program that stands beside ours: its first line says what it is, then it answers a line of JSON for each it is sent. So both
 * sides can take turns, and a moment in which the machine is busy hits neither alone.
 */
export async function openPeer(python, script) {
  const child = spawn(python, [new URL(script, import.meta.url).pathname], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${script} ended without an answer`);
    return JSON.parse(value);
  };
  const about = await answer();
  return {
    about,
    ask: (request) => {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return answer();
    },
    close: () => child.stdin.end(),
  };
}

/** CPU seconds of this process, all its threads: what other work on the machine disturbs least. */
export function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** The least of what `ours` and `theirs` measure in so many turns: ours, theirs, ours, theirs, … */
export async function inTurns(turns, ours, theirs) {
  const best = [Infinity, Infinity];
  for (let turn = 0; turn < turns; turn++) {
    best[0] = Math.min(best[0], ours());
    best[1] = Math.min(best[1], await theirs());
  }
  return best;
}
