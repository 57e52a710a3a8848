/** What a client refuses while a sum is made secure, and whom it names. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { fileVault } from "../../../client/secure/file-vault.ts";
import { secureProblems } from "../../../server/fleet/secure-check.ts";
import { unmask, type Unmasking } from "../../../server/round/unmasking.ts";
import type { Circle, SecureAnswer, SecureTask } from "../../../shared/protocol/secure.ts";
import { isShareDealt } from "../../../shared/secure/dealt.ts";
import { addRing } from "../../../shared/secure/ring.ts";
import { simulatedRun } from "../../../shared/secure/session.ts";
import { temporaryFolder } from "../../support/files.ts";
import { names, secureCircle, type SecureCircle } from "../../support/secure-circle.ts";

const at = { round: 1, attempt: 0 };
const changed = (circle: Circle, name: string, how: Partial<Record<keyof NonNullable<ReturnType<Circle["get"]>>, Uint8Array>>): Circle => new Map([...circle, [name, { ...circle.get(name)!, ...how }]]); // prettier-ignore
const flipped = (bytes: Uint8Array, i = 0): Uint8Array => bytes.with(i, bytes[i]! ^ 1);

let scene: SecureCircle;
beforeEach(async () => {
  scene = await secureCircle();
});

const shares = (circle: Circle, client = "c0"): SecureAnswer =>
  scene.say(client, { kind: "secure", step: "shares", ...at, circle });
const confirm = (survivors: readonly string[], client = "c0"): SecureAnswer =>
  scene.say(client, { kind: "secure", step: "confirm", ...at, survivors });

/** All clients up to their masked answers. */
function upTo(): {
  circle: Circle;
  dealt: ReadonlyMap<string, SecureAnswer>;
  among: ReturnType<SecureCircle["among"]>;
} {
  const circle = scene.keys();
  const dealt = scene.shares(circle);
  return { circle, dealt, among: scene.among(dealt) };
}

/** What c0 is asked to unmask. */
function unmasking(survivors: readonly string[], signers: readonly string[]): Extract<SecureTask, { step: "unmask" }> {
  const { circle, among } = upTo();
  for (const name of names) scene.ask(name, scene.train(circle, among));
  const confirmations = new Map(signers.map((name) => [name, confirm(survivors, name)["signature"]!] as const));
  return { kind: "secure", step: "unmask", ...at, circle, dealt: among, survivors, confirmations };
}

describe("before it deals shares a client refuses", () => {
  test("a key that two have, and names both", () => {
    const circle = scene.keys();
    const copied = changed(circle, "c2", { masking: circle.get("c1")!.masking });
    expect(() => shares(copied)).toThrow(/c2 has a key of c1; c2 has not signed its keys/);
    const echoed = changed(circle, "c3", { sealing: circle.get("c0")!.sealing });
    expect(() => shares(echoed)).toThrow(/c3 has a key of c0/);
  });

  test("keys that were changed on their way: another's, and its own", () => {
    const circle = scene.keys();
    const { masking, signature } = circle.get("c1")!;
    expect(() => shares(changed(circle, "c1", { masking: flipped(masking) }))).toThrow(/c1 has not signed its keys/);
    expect(() => shares(changed(circle, "c1", { signature: flipped(signature) }))).toThrow(/c1 has not signed/);
    expect(() => shares(changed(circle, "c0", { masking: flipped(masking) }))).toThrow(/keys of c0 are not those/);
    expect(() => shares(changed(circle, "c1", { masking: masking.subarray(1) }))).toThrow(/keys of c1 have 32, 32, 31/);
  });

  test("one who signs with another key than when it was first seen", async () => {
    shares(scene.keys());
    const stranger = (await secureCircle()).keys({ round: 2, attempt: 0 });
    const later = scene.keys({ round: 2, attempt: 0 });
    const swapped = new Map([...later, ["c2", stranger.get("c2")!]]);
    expect(() => scene.say("c0", { kind: "secure", step: "shares", round: 2, attempt: 0, circle: swapped })).toThrow(
      /The circle of round 2: c2 signs with another key than when it was first seen/,
    );
  });

  test("a circle of two, one without itself, and a second circle in the same session", () => {
    const circle = scene.keys();
    expect(() => shares(new Map([...circle].slice(0, 2)))).toThrow(/expected 3 to 64 clients, got 2/);
    expect(() => shares(new Map([...circle].slice(1)))).toThrow(/c0 is not among them/);
    shares(circle);
    expect(() => shares(new Map([...circle].slice(0, 3)))).toThrow(/asked again for another circle: refused/);
  });

  test("keys of a session that is over", () => {
    scene.keys({ round: 2, attempt: 1 });
    expect(() => scene.keys({ round: 2, attempt: 0 })).toThrow(
      /is in round 2, attempt 1, and is asked for keys of round 2/,
    );
    expect(() => shares(scene.keys({ round: 3, attempt: 0 }))).toThrow(/has no keys of round 1, attempt 0/);
  });
});

describe("before it sends an update a client refuses", () => {
  test("a share that does not open, and one that is not what its hash says; it names the dealer", () => {
    const { circle, dealt } = upTo();
    const spoiled = (i: number): ReturnType<SecureCircle["among"]> => {
      const theirs = { ...dealt.get("c2")!, c0: flipped(dealt.get("c2")!["c0"]!, i) };
      return scene.among(new Map([...dealt, ["c2", theirs]]));
    };
    expect(() => scene.ask("c0", scene.train(circle, spoiled(3)))).toThrow(/what c2 has dealt c0 does not open/);
    expect(() => scene.ask("c0", scene.train(circle, spoiled(90)))).toThrow(
      /c2 has dealt c0 is not the share whose hash/,
    );
  });

  test("shares of fewer than the threshold", () => {
    const { circle, dealt } = upTo();
    const few = scene.among(dealt, ["c0", "c1"]);
    expect(() => scene.ask("c0", scene.train(circle, few))).toThrow(/at least 3 of 4 clients, got 2/);
  });

  test("to send a second one under the same mask: of another model, or over other dealers", () => {
    const { circle, dealt, among } = upTo();
    const first = scene.ask("c0", scene.train(circle, among)).masked!.slice();
    expect(scene.ask("c0", scene.train(circle, among)).masked).toEqual(first);
    const other = Float64Array.of(1, 2, 3);
    expect(() => scene.ask("c0", scene.train(circle, among, other))).toThrow(/asked again for another update: refused/);
    const three = scene.among(dealt, ["c0", "c1", "c2"]);
    expect(() => scene.ask("c0", scene.train(circle, three))).toThrow(/asked again with other shares: refused/);
  });

  test("to send one without a mask, whatever the task says", () => {
    const { masking: _, ...open } = scene.train(new Map(), new Map());
    expect(() => scene.ask("c0", open)).toThrow(/Expected to be told how the answer is masked, got nothing: refused/);
  });

  test("NaN: it says that there is one, and sends zeros", () => {
    const { circle, among } = upTo();
    const { answer, masked } = scene.ask("c0", scene.train(circle, among, Float64Array.of(NaN, 0, 0)));
    expect(answer.nonFinite).toBeGreaterThan(0);
    expect(masked!.every((word) => word === 0)).toBe(true);
  });

  test("tells nothing beside the mask", () => {
    const { circle, among } = upTo();
    const { answer, vectors } = scene.ask("c0", scene.train(circle, among));
    expect(answer).toMatchObject({ weight: 1, steps: 0, norm: 0, clipped: { examples: 0, update: 0 } });
    expect(answer.contributions).toEqual([{ objective: "y", examples: 0, ignored: 0, numerator: 0, denominator: 0 }]);
    expect(vectors).toEqual([]);
  });
});

describe("before it gives shares back a client refuses", () => {
  test("a second list of survivors, at either step", () => {
    const task = unmasking(names, names);
    expect(() => confirm(["c0", "c1", "c2"])).toThrow(/asked again with another list of survivors: refused/);
    expect(() => scene.say("c0", { ...task, survivors: ["c0", "c1", "c2"] })).toThrow(
      /has answered with another list of survivors in this round: refused/,
    );
    expect(Object.keys(scene.say("c0", task)).sort()).toEqual(names);
  });

  test("a list that too few have confirmed, or whose signatures are of another list", () => {
    const task = unmasking(names, names);
    const two = new Map([...task.confirmations].slice(0, 2));
    expect(() => scene.say("c0", { ...task, confirmations: two })).toThrow(/at least 3 survivors .* got 2: c0, c1/);
    const forged = new Map([...task.confirmations].map(([name, signature]) => [name, flipped(signature, 5)]));
    expect(() => scene.say("c0", { ...task, confirmations: forged })).toThrow(/got 0: none/);
  });

  test("a list of two, one without itself, and one in another order", () => {
    unmasking(names, []);
    for (const list of [
      ["c0", "c1"],
      ["c1", "c2", "c3"],
      ["c1", "c0", "c2"],
      ["c0", "c0", "c1"],
    ])
      expect(() => confirm(list)).toThrow(/expected at least 3 names in their order, c0 among them/);
  });

  test("steps out of their order", () => {
    const { circle, among } = upTo();
    expect(() => confirm(names)).toThrow(/c0 has sent no update in round 1, and is asked who has/);
    scene.ask("c0", scene.train(circle, among));
    const early = { kind: "secure", step: "unmask", ...at, circle, dealt: among, survivors: names } as const;
    expect(() => scene.say("c0", { ...early, confirmations: new Map() })).toThrow(
      /list of survivors|has not come so far/,
    );
  });

  test("one share of each dealer and no more: of its mask where it survived, of its key where it left", () => {
    const three = ["c0", "c1", "c2"];
    const given = scene.say("c0", unmasking(three, three));
    const { dealt } = upTo();
    const isOf = (dealer: string, which: "self" | "masking"): boolean =>
      isShareDealt(dealt.get(dealer)!["c0"]!, which, given[dealer]!);
    expect(Object.keys(given).sort()).toEqual(names);
    expect([isOf("c1", "self"), isOf("c2", "self"), isOf("c3", "masking")]).toEqual([true, true, true]);
    expect([isOf("c1", "masking"), isOf("c2", "masking"), isOf("c3", "self")]).toEqual([false, false, false]);
  });
});

describe("the coordinator", () => {
  /** Everything up to the unmasking; c3 leaves before its answer comes. */
  function closed(): { given: Unmasking; masked: Int32Array; plain: Int32Array } {
    const survivors = ["c0", "c1", "c2"];
    const task = unmasking(survivors, survivors);
    const revealed = new Map(survivors.map((name) => [name, scene.say(name, task)]));
    const dealt = scene.shares(task.circle);
    let masked = new Int32Array(0);
    for (const name of survivors) {
      const { masked: own } = scene.ask(name, scene.train(task.circle, task.dealt));
      if (masked.length === 0) masked = new Int32Array(own!.length);
      addRing(masked, own!);
    }
    const session = { run: simulatedRun, ...at };
    const given = { session, circle: task.circle, threshold: 2 / 3, dealt, survivors, revealed };
    const plain = masked.slice();
    expect(unmask(plain, given)).toEqual([]);
    return { given, masked, plain };
  }

  test("takes off every mask: what is left is small, whoever of them gave the shares", () => {
    const { given, masked, plain } = closed();
    expect(masked.filter((word) => Math.abs(word) > 2 ** 24).length).toBeGreaterThan(masked.length / 2);
    expect(plain.every((word) => Math.abs(word) <= 2 ** 24)).toBe(true); // three times 2²¹ levels, and limbs of 16 bits
    expect(given.revealed.size).toBe(3);
  });

  test("names who gives back a share that was not dealt, and leaves the masks on", () => {
    const { given, masked } = closed();
    const wrong = { ...given.revealed.get("c1")!, c3: new Uint8Array(32) };
    const ring = masked.slice();
    expect(unmask(ring, { ...given, revealed: new Map([...given.revealed, ["c1", wrong]]) })).toEqual([
      { client: "c1", reason: "the share of c3 that it gave back is not the one it was dealt" },
    ]);
    expect(ring).toEqual(masked);
  });

  test("names a dealer whose shares do not make up its secret", () => {
    const { given, masked } = closed();
    const circle = changed(given.circle, "c2", { commitment: new Uint8Array(32) });
    expect(unmask(masked.slice(), { ...given, circle })).toEqual([
      { client: "c2", reason: "the shares that it dealt do not make up its secret" },
    ]);
  });

  test("says whose secret is out of reach where too few have given shares", () => {
    const { given, masked } = closed();
    const two = new Map([...given.revealed].slice(0, 2));
    const blamed = unmask(masked.slice(), { ...given, revealed: two });
    expect(blamed.map(({ client }) => client)).toEqual(names);
    expect(blamed[0]!.reason).toBe("2 shares of its secret are there, and 3 are needed");
  });

  test("refuses answers that are none: names, sizes, and keys that are not signed for this run", () => {
    const circle = scene.keys();
    const keys: SecureAnswer = { ...circle.get("c1")! };
    const task = { kind: "secure", step: "keys", ...at } as const;
    expect(secureProblems("c1", keys, task, simulatedRun)).toEqual([]);
    expect(secureProblems("c1", undefined, task, simulatedRun)[0]).toMatch(/expected an answer to the step "keys"/);
    expect(secureProblems("c2", keys, task, simulatedRun)[0]).toMatch(/signature: expected that of its identity/);
    expect(secureProblems("c1", keys, task, "another run")[0]).toMatch(/signature/);
    expect(secureProblems("c1", { ...keys, masking: new Uint8Array(3) }, task, simulatedRun)).toEqual([
      "secure.masking: expected 32 bytes, got 3",
    ]);
    expect(secureProblems("c1", keys, { kind: "secure", step: "shares", ...at, circle }, simulatedRun)[0]).toMatch(
      /secure: expected c0, c2, c3, got commitment/,
    );
  });
});

describe("a vault of files", () => {
  const scratch = temporaryFolder();
  const vaultOf = (folder: string) => (client: string) => fileVault(join(scratch.path, folder, client), simulatedRun);

  test("lets a client that was killed go on in its session: the same keys, shares and update, and no second list", async () => {
    scene = await secureCircle(vaultOf("kept"));
    const { circle, among } = upTo();
    const sent = scene.ask("c0", scene.train(circle, among)).masked!.slice();
    confirm(names);
    scene = await secureCircle(vaultOf("kept"));
    expect(scene.keys()).toEqual(circle);
    expect(scene.ask("c0", scene.train(circle, among)).masked).toEqual(sent);
    expect(() => confirm(["c0", "c1", "c2"])).toThrow(/another list of survivors: refused/);
  });

  test("forgets the secrets of a session when the next begins, and is for its owner's eyes only", async () => {
    scene = await secureCircle(vaultOf("next"));
    scene.keys();
    const file = join(scratch.path, "next", "c0", `${Buffer.from("c0").toString("hex")}.vault`);
    const secretIn = (): string =>
      (JSON.parse(readFileSync(file, "utf8")) as { session: { secret: string } }).session.secret;
    const first = secretIn();
    scene.keys({ round: 2, attempt: 0 });
    expect(secretIn()).not.toBe(first);
    expect(readFileSync(file, "utf8")).not.toContain(first);
    if (process.platform !== "win32") expect(statSync(file).mode & 0o777).toBe(0o600);
    writeFileSync(file, "nothing");
    await expect(secureCircle(vaultOf("next")).then((fresh) => fresh.keys())).rejects.toThrow(/expected a vault/);
  });
});
