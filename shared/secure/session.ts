/** What is said of a session in words that both sides write alike: what is signed, what keys are derived for, and how many make a sum. */
import { createHash } from "node:crypto";
import { cohortSize } from "../experiment/cohort-size.ts";
import type { Advertised, Circle, Dealt } from "../protocol/secure.ts";

/** One attempt at one round of one run. */
export interface Session {
  readonly run: string;
  readonly round: number;
  readonly attempt: number;
}

/** The run that simulated clients say they are in. */
export const simulatedRun = "simulation";

/** More clients than these need a graph that is not complete, in which nobody shares a mask with everybody. */
export const mostClients = 64;
/** A sum over fewer tells each of two the other's update. */
export const fewestClients = 3;

/** t: so many of a circle of n have to stay. More than half, so that no two lists of survivors can both be confirmed. */
export const thresholdOf = (share: number, clients: number): number =>
  Math.max(cohortSize(share, clients), Math.floor(clients / 2) + 1, fewestClients);

const words = (...parts: readonly (string | number)[]): string =>
  JSON.stringify(["tributary secure sums", 1, ...parts]);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** What a client signs when it advertises its keys. */
export const keysStatement = (
  { run, round, attempt }: Session,
  client: string,
  { sealing, masking, commitment }: Pick<Advertised, "sealing" | "masking" | "commitment">,
): string => words("keys", run, round, attempt, client, hex(sealing), hex(masking), hex(commitment));

/** What a survivor signs. */
export const survivorsStatement = ({ run, round, attempt }: Session, survivors: readonly string[]): string =>
  words("survivors", run, round, attempt, ...survivors);

/** The purpose of a mask that two have in common. */
export const pairInfo = ({ run, round, attempt }: Session, a: string, b: string): string =>
  words("pair mask", run, round, attempt, ...[a, b].sort());

/** The purpose of the mask that one has for itself. */
export const selfInfo = ({ run, round, attempt }: Session, client: string): string =>
  words("self mask", run, round, attempt, client);

/** The purpose of what one seals for another: of this very circle, since the shares are. */
export const dealtInfo = ({ run, round, attempt }: Session, from: string, to: string, circle: string): string =>
  words("dealt", run, round, attempt, from, to, circle);

/** The names of a circle, in the order in which they are numbered 1 … n. */
export const namesOf = (circle: ReadonlyMap<string, unknown>): readonly string[] => [...circle.keys()].sort();

/** A name for all that is in a circle. */
export function circleHash(circle: Circle): string {
  const all = namesOf(circle).map((name) => {
    const { identity, sealing, masking, commitment, signature } = circle.get(name)!;
    return [name, ...[identity, sealing, masking, commitment, signature].map(hex)];
  });
  return hashOf(JSON.stringify(all));
}

/** A name for what one was dealt, and by whom. */
export const dealtHash = (dealt: Dealt): string =>
  hashOf(JSON.stringify(namesOf(dealt).map((name) => [name, hex(dealt.get(name)!)])));

export const hashOf = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
