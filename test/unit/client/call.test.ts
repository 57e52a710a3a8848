import { MessageChannel, type MessagePort } from "node:worker_threads";
import { expect, test } from "vitest";
import { watched } from "../../../client/rpc/call.ts";

/** What comes in at a port, until the call is cancelled. */
function callOf(port: MessagePort) {
  let wake = (): void => undefined;
  let cancelled = false;
  const come: string[] = [];
  port.on("message", (message: string) => {
    come.push(message);
    wake();
  });
  return {
    cancel: () => {
      cancelled = true;
      wake();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        while (come.length > 0) yield come.shift()!;
        if (cancelled) throw new Error("cancelled");
        await new Promise<void>((done) => (wake = done));
      }
    },
  };
}

test("what came while this process stood still is heard, and silence after it is silence", async () => {
  const { port1, port2 } = new MessageChannel();
  const messages = watched(callOf(port1), 100, "the coordinator")[Symbol.asyncIterator]();
  const first = messages.next();
  port2.postMessage("here");
  const until = performance.now() + 400;
  while (performance.now() < until); // stopped, or starved
  expect(await first).toEqual({ done: false, value: "here" });
  await expect(messages.next()).rejects.toMatchObject({ code: "unavailable", message: /silent for 100 ms/ });
  port1.close();
});
