import { measure } from "../evaluation.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { lossOf } from "../round/client-axis.ts";
import { seatOf } from "../round/clusters.ts";
import type { ClientCounts } from "./setting.ts";

/** Of each model the clients whose training rows it fits best, sorted; those without any are with the first. */
export async function seatedAmong(
  clients: readonly ClientCounts[],
  {
    models,
    weights,
    fleet,
  }: { readonly models: readonly Float64Array[]; readonly weights: readonly number[]; readonly fleet: Fleet },
  signal: AbortSignal,
): Promise<readonly (readonly string[])[]> {
  const names = clients.map(({ client }) => client).sort();
  const asked = clients.filter(({ trainRows }) => trainRows > 0).map(({ client }) => client);
  const losses: ReadonlyMap<string, number>[] = [];
  for (const parameters of models.length === 1 ? [] : models) {
    const answers = await measure(fleet, { parameters, part: "train", clients: asked }, signal);
    losses.push(new Map(answers.map((answer) => [answer.client, lossOf(answer, weights)])));
  }
  const seats = new Map(names.map((client) => [client, seatOf(losses.map((own) => own.get(client)))]));
  return models.map((_, j) => names.filter((client) => seats.get(client) === j));
}
