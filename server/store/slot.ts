/** When two updates are the same one. */
import { TributaryError } from "../../shared/errors.ts";
import { sha256Of } from "../../shared/protocol/content.ts";
import { placeName } from "../round/place.ts";
import type { Claim, Slot } from "./store.ts";

/** `run/7.0.0.0/client`: the key of an update, in messages and in maps. */
export const slotName = ({ run, place, client }: Slot): string => `${run}/${placeName(place)}/${client}`;

export const isSameClaim = (a: Claim, b: Claim): boolean =>
  a.bytes === b.bytes && a.sha256 === b.sha256 && Buffer.compare(a.head, b.head) === 0;

/** The same for the same claim, and short, whatever the claim carries. */
export const fingerprintOf = ({ bytes, sha256, head }: Claim): string => `${bytes}/${sha256}/${sha256Of(head)}`;

export const alreadyTaken = (kind: string, name: string): TributaryError =>
  new TributaryError(
    "already-exists",
    `The ${kind} ${name} is there already, and is another one: expected the same again, or a new name`,
  );

export const tooLate = (slot: Slot, why: string): TributaryError =>
  new TributaryError("stale-round", `The update ${slotName(slot)} came too late: ${why}`);
