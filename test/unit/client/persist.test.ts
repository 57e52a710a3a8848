import { expect, test } from "vitest";
import { persistently } from "../../../client/rpc/persist.ts";
import { TributaryError } from "../../../shared/errors.ts";

const busy = (): TributaryError => {
  const metadata = { get: () => ["2"] }; // the trailer retry-after-ms
  return new TributaryError("exhausted", "no room", { cause: Object.assign(new Error("no room"), { metadata }) });
};

test("who is told to come again does so, and says why; put off for too long it gives up", async () => {
  const reasons: string[] = [];
  let tries = 0;
  const onWait = (reason: string): void => void reasons.push(reason);
  const done = persistently(() => (++tries < 4 ? Promise.reject(busy()) : Promise.resolve(tries)), {
    what: "it",
    onWait,
  });
  expect(await done).toBe(4);
  expect(reasons).toEqual(["no room", "no room", "no room"]);
  await expect(persistently(() => Promise.reject(busy()), { what: "an answer", longestMs: 20 })).rejects.toMatchObject({
    code: "exhausted",
    message: "an answer has been put off for 0.02 s: no room",
  });
});

test("what comes further is never given up for having been put off", async () => {
  let at = 0;
  const attempt = (reached: (at: number) => void): Promise<number> => {
    reached(++at);
    return at < 40 ? Promise.reject(busy()) : Promise.resolve(at);
  };
  expect(await persistently(attempt, { what: "it", longestMs: 30 })).toBe(40);
});

test("what will not pass is not tried again", async () => {
  let tries = 0;
  const refused = persistently(() => Promise.reject(new TributaryError("invalid-data", `try ${++tries}`)), {
    what: "it",
  });
  await expect(refused).rejects.toThrow("try 1");
});
