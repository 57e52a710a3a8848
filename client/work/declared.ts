/** What an invitation declares: the experiment, and which rows of it are meant. */
import { TributaryError } from "../../shared/errors.ts";
import { experimentSchema, type Experiment } from "../../shared/experiment/schema.ts";
import { bytesOf, sha256Of } from "../../shared/protocol/content.ts";
import type { Invitation } from "../../shared/protocol/orders.ts";

/** Equal for invitations to take part with the same rows in the same experiment. */
export function fingerprintOf({ declaration, groups, split, shard }: Invitation): string {
  const lines = split && [split.train, split.test].map((part) => sha256Of(bytesOf(part)));
  return JSON.stringify([declaration.sha256, groups, lines, shard?.sha256]);
}

/** The experiment that a coordinator declares, decoded as if it had been written here. */
export function experimentFrom(bytes: Uint8Array): Experiment {
  const parsed = experimentSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new TributaryError(
    "invalid-data",
    `The declaration is not an experiment this version knows:\n${lines.join("\n")}`,
  );
}
