/** What a worker has fetched: read again from its folder, gone on with where it broke off, and never taken for what it is not. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ContentCache, type Source } from "../../../client/rpc/content-cache.ts";
import { TributaryError } from "../../../shared/errors.ts";
import { sha256Of, type Content } from "../../../shared/protocol/content.ts";
import { temporaryFolder } from "../../support/files.ts";

const scratch = temporaryFolder();
const named = (bytes: Uint8Array): Content => ({ sha256: sha256Of(bytes), size: bytes.length });
const filled = (value: number, length = 1000): Uint8Array => new Uint8Array(length).fill(value);

/** A coordinator that has these, sends 100 bytes at a time, and notes what it was asked for; `breaks` after so many of its pieces. */
function coordinator(contents: readonly Uint8Array[], breaks: number[] = []) {
  const asked: [sha256: string, offset: number][] = [];
  const source: Source = async function* (content, offset) {
    asked.push([content.sha256, offset]);
    const bytes = contents.find((one) => sha256Of(one) === content.sha256)!;
    let left = breaks.shift() ?? Infinity;
    for (let at = offset; at < bytes.length; at += 100) {
      await Promise.resolve();
      if (left-- === 0) throw new TributaryError("unavailable", "the connection broke");
      yield bytes.subarray(at, at + 100);
    }
  };
  return { asked, source };
}

test("what breaks off goes on from where it stopped, also in another life; what is whole is asked for once", async () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);
  const content = named(bytes);
  const folder = join(scratch.path, "broken");
  const { asked, source } = coordinator([bytes], [3, 0, 2]);
  expect(await new ContentCache(folder, source).get(content, "x")).toEqual(Buffer.from(bytes));
  expect(asked.map(([, offset]) => offset)).toEqual([0, 300, 300, 500]);
  expect(await new ContentCache(folder, source).get(content, "x")).toEqual(Buffer.from(bytes));
  expect(asked).toHaveLength(4);

  const kept = join(folder, "contents", content.sha256);
  writeFileSync(`${kept}.part`, bytes.subarray(0, 700));
  writeFileSync(kept, "torn by a crash");
  expect(await new ContentCache(folder, source).get(content, "x")).toEqual(Buffer.from(bytes));
  expect(asked.at(-1)).toEqual([content.sha256, 700]);
  expect(new Uint8Array(readFileSync(kept))).toEqual(bytes);
});

test("two who want the same at the same time fetch it once", async () => {
  const bytes = filled(1);
  const { asked, source } = coordinator([bytes]);
  const cache = new ContentCache(join(scratch.path, "twice"), source);
  await Promise.all([cache.get(named(bytes), "x"), cache.get(named(bytes), "x")]);
  expect(asked).toHaveLength(1);
});

test("other bytes than were named are refused however often they come, and a name that is no hash never becomes a file", async () => {
  const folder = join(scratch.path, "other");
  let tries = 0;
  const lies: Source = async function* () {
    tries++;
    await Promise.resolve();
    yield filled(2);
  };
  const cache = new ContentCache(folder, lies);
  await expect(cache.get(named(filled(3)), "the model")).rejects.toMatchObject({ code: "data-loss" });
  expect(tries).toBe(4);
  await expect(cache.get({ sha256: "../../x", size: 1 }, "the model")).rejects.toMatchObject({
    code: "invalid-data",
    message: 'the model: expected a SHA-256 in hex, got "../../x"',
  });
  expect(readdirSync(join(folder, "contents"))).toEqual([]);
});

test("within its budget it keeps what was used last", async () => {
  const all = [1, 2, 3, 4].map((value) => filled(value));
  const folder = join(scratch.path, "budget");
  const { source } = coordinator(all);
  const cache = new ContentCache(folder, source, 2500);
  for (const bytes of all) {
    await cache.get(named(bytes), "x");
    await new Promise((done) => setTimeout(done, 15)); // times of files are told apart
  }
  expect(all.map((bytes) => existsSync(join(folder, "contents", sha256Of(bytes))))).toEqual([false, false, true, true]);
});
