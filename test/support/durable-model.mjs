// What the clients of durable-run.mjs compute, and what is made of it: every bit depends on who took part.
import { createHash } from "node:crypto";

const numberOf = (client) => Number(client.split("-")[1]) + 1;

/** The answer of one client to one exchange: a sum, or a change of the model that depends on everybody's sums. */
export function changeOf({ kind, round, model, total }, client) {
  const own = numberOf(client);
  if (kind === "sums") return Float64Array.of(model.reduce((sum, one, i) => sum + one * ((i % 3) + own), round / own));
  return model.map((one, i) => (one / 3 + ((i % 7) + own) / 8 + round / 16 - total / 1024) / 4);
}

/** In the order of the clients' names, whatever the order in which they came. */
export function stepped(model, changes) {
  const sorted = [...changes].sort(([a], [b]) => (a < b ? -1 : 1));
  return model.map((one, i) => one + sorted.reduce((sum, [, change]) => sum + change[i], 0) / sorted.length);
}

export const hashOf = (model) =>
  createHash("sha256")
    .update(new Uint8Array(model.buffer, model.byteOffset, model.byteLength))
    .digest("hex");

/** The hash after rounds with these participants: what a run must come to, by its journal. */
export function replayed(numbers, participantsOfRounds) {
  let model = new Float64Array(numbers);
  participantsOfRounds.forEach((participants, at) => {
    const round = at + 1;
    const total = participants.reduce((sum, client) => sum + changeOf({ kind: "sums", round, model }, client)[0], 0);
    const task = { kind: "change", round, model, total };
    model = stepped(model, new Map(participants.map((client) => [client, changeOf(task, client)])));
  });
  return hashOf(model);
}
