/**
 * Bad inputs and faults, and the test that holds what each gets. A title that is changed is changed here too.
 * Where we do otherwise than refuse and forget: a short upload (6) is kept to be gone on with; the order of trust on an update (9, 10, 12) is `server/fleet/answer-check.ts`.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { house } from "../../support/tributary.ts";

const answers = "integration/network/bad-answers.test.ts";
const frames = "integration/network/bad-frames.test.ts";
const gate = "integration/network/gate.test.ts";
const gateLimits = "integration/network/gate-limits.test.ts";
const operated = "integration/network/operated.test.ts";
const reconnects = "integration/network/reconnects.test.ts";
const uploads = "integration/network/uploads.test.ts";
const kills = "integration/network/kills.test.ts";
const damage = "unit/store/damage.test.ts";
const crashes = "integration/store/crashes.test.ts";
const faults = "integration/store/faults.test.ts";
const stores = "contract/stores.test.ts";
const round = "unit/round/round.test.ts";
const privacy = "integration/network/privacy.test.ts";
const secureClient = "unit/secure/client.test.ts";

type Held = readonly [file: string, ...titles: string[]];

const rows: Readonly<Record<string, Held>> = {
  "1 malformed protobuf": [frames, "bytes that are no message", "again and again is cut off with the reason"],
  "2 unknown fields, newer protocol": [frames, "fields that this version does not know are passed over"],
  "3 a frame claims 2 GB": [frames, "a frame that claims two gigabytes"],
  "4 claims, and stalls": [
    frames,
    "a frame announced that never comes",
    "announced and never comes ends with its silence",
  ],
  "5 upload longer than the model": [answers, "bytes beyond the claim are refused with the first of them"],
  "6 upload short": [answers, "an upload that stops short is asked for again"],
  "7 another SHA-256": [answers, "bytes with another hash than claimed are refused"],
  "8 shape, dtype, name, order": [answers, "one number too few", "an objective of another name"],
  "9 NaN, infinite, denormal": [answers, '"NaN"', '"−∞"', "numbers too small to be normal"],
  "10 norm 1e30": [answers, "a norm of 1e30"],
  "11 counts and denominators": [answers, "a negative count", "a count of 2⁵³", "a denominator that is NaN"],
  "12 all-zero update": [answers, "zeros and numbers too small"],
  "13 the same upload twice": [answers, "the same answer twice is given the same receipt and counts once"],
  "14 same id, other bytes": [answers, "another under the same lease is refused"],
  "15 stale round": [answers, "whose round is over is of no use"],
  "16 future round, other run": [answers, "that nobody was granted"],
  "17 expired lease, late finish": [answers, "an upload that ends after its lease does is dropped"],
  "18 two connections, one identity": [answers, "the newest of two connections of one name wins"],
  "19 unselected client": [answers, "a lease that is another's"],
  "20 certificates": [
    gate,
    "with one of another authority or with one out of date",
    "a revocation ends the live stream",
  ],
  "21 another's id": [gate, "an id with another key is refused"],
  "22 replay": [gate, "a recorded connection cannot be played again"],
  "23 wrong tokens": [gate, "wrong tokens are refused, and a thousand guesses"],
  "24 gzip bomb": [gateLimits, "a gzip bomb is refused"],
  "25 metadata, control characters, paths": [gateLimits, "200 KB of metadata, and names that are paths"],
  "26 silent connections": [gateLimits, "a thousand silent connections are closed"],
  "27 upload at 1 B/s": [answers, "is ended by the floor of its rate"],
  "28 slow reader": [uploads, "a reader who takes nothing more"],
  "29 ten thousand reconnect at once": [
    "integration/network/stampede.test.ts",
    "within their window and in bounded memory",
  ],
  "30 killed in an upload": [uploads, "an upload whose stream is cut goes on from what had arrived"],
  "31 client stopped for a while": [kills, '"stopped worker"'],
  "32 coordinator killed at each failpoint": [crashes, "killed at every named place"],
  "33 second daemon on the folder": [crashes, "a stopped daemon's folder is refused to another one"],
  "34 SIGTERM in a round": [operated, "told to stop in the middle of rounds it parks the run"],
  "35 disk full": [faults, "a full disk stops acceptance, not the process"],
  "36 fsync fails": [faults, "a sync or write that fails ends the process"],
  "37 torn tail": [damage, "a torn tail of the log is forgotten, and only it"],
  "38 bit flip": [damage, "in the middle of the log names the file", "in a checkpoint names the file and the offset"],
  "39 newer version, other settings": [
    damage,
    "an earlier one is brought forward",
    "another program's database is refused",
  ],
  "40 timed out after committing": [stores, "gives the same receipt for the same bytes, and counts them once"],
  "41 clock jumps": [gate, "bear five minutes of difference between two clocks"],
  "42 partition, half-open": [reconnects, "after silence the next connection is another one"],
  "43 fewer than the minimum": [round, "or fewer than the quorum"],
  "44 all clients drop": [round, "is abandoned when nobody is there"],
  "45 privacy budget exhausted": [privacy, "is never overspent: the round that would is refused"],
  "46 crash between charge and release": [privacy, "done again after a crash, and the noise is that of the first time"],
  "47 secure sums, drops": [
    "integration/secure-sums.test.ts",
    "at %s is not, and the others' sum comes out",
    "at %s is in it: the model is what it would have been",
    "at %s ends the round, and nothing is unmasked",
  ],
  "48 second unmask request": [secureClient, "a second list of survivors, at either step"],
  "49 bad share": [
    secureClient,
    "a share that does not open, and one that is not what its hash says",
    "keys that were changed on their way: another's, and its own",
    "a key that two have, and names both",
    "names who gives back a share that was not dealt",
  ],
  "50 worker thread breaks": [reconnects, "a place of work that breaks down fails its task alone"],
  "51 descriptors, port, configuration": [operated, "started on a port that is taken", "out of descriptors it goes on"],
  "52 slow or closed log": ["unit/telemetry/line-sink.test.ts", "a socket that nobody reads for a while stops nobody"],
};

test("every row has its test", () => {
  expect(Object.keys(rows).map((row) => parseInt(row, 10))).toEqual(Array.from({ length: 52 }, (_, i) => i + 1));
  for (const [row, held] of Object.entries(rows)) {
    const [file, ...titles] = held;
    const path = join(house, "test", file);
    expect(existsSync(path), `${row}: ${file}`).toBe(true);
    for (const title of titles) expect(readFileSync(path, "utf8"), row).toContain(title);
  }
});
