/** A link that is cut without a word to either end: when is it found, and when is the worker back once it has healed? */
import { join } from "node:path";
import { namespace } from "./namespace.mjs";
import { folder, freePort, load, median, number, pause, serve, tributary } from "./scene.mjs";

const cutForMs = 30_000;

/** @param size how often */
export async function partition(size) {
  const turns = number(size, 5);
  const link = namespace();
  const port = await freePort();
  await serve(port, { host: link.near, args: ["--insecure-plaintext"] });
  const { Operator } = await load("client/rpc/operator.js");
  const operator = new Operator({ address: `${link.near}:${port}` });
  let state;
  const args = [
    "--coordinator",
    `${link.near}:${port}`,
    "--name",
    "far",
    "--state",
    join(folder, "far"),
    "--insecure-plaintext",
  ];
  tributary(["worker", ...args], (line) => (state = line.state), link.within);
  const isHere = async () => (await operator.clients()).clients.some(({ connectedMs }) => connectedMs !== undefined);
  /** Seconds from `since` until it is so. */
  const until = async (since, isSo) => {
    while (!(await isSo())) await pause(50);
    return (performance.now() - since) / 1000;
  };
  const times = [];
  for (let turn = 0; turn < turns; turn++) {
    await until(0, isHere);
    await pause(1000 + (turn * 4000) / turns); // at another moment between two heartbeats
    const cutAt = performance.now();
    link.cut();
    const [coordinator, worker] = await Promise.all([
      until(cutAt, async () => !(await isHere())),
      until(cutAt, () => state === "disconnected" || state === "joining"),
    ]);
    await pause(Math.max(0, cutAt + cutForMs - performance.now()));
    const healedAt = performance.now();
    link.heal();
    times.push({
      coordinator,
      worker,
      back: await until(healedAt, async () => state === "waiting" && (await isHere())),
    });
    console.log(JSON.stringify(times.at(-1)));
  }
  const told = (side) => {
    const values = times.map((one) => one[side]);
    return `${median(values).toFixed(1)} s (at most ${Math.max(...values).toFixed(1)})`;
  };
  console.log(
    `cut for ${cutForMs / 1000} s, ${turns} times: the coordinator finds it after ${told("coordinator")}, the worker after ${told("worker")}, and is back ${told("back")} after it has healed`,
  );
}
