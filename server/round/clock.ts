import type { ClientId } from "./round.ts";

/** How many seconds a client takes for its work of a round, by a clock that is reckoned and never waited for. */
export type Clock = (client: ClientId, round: number) => number;

/** The first m to report, of those who were asked and are there; ties go by an order that is drawn. Sorted. */
export function firstToReport(
  asked: readonly ClientId[],
  count: number,
  { seconds, lot }: { readonly seconds: (client: ClientId) => number; readonly lot: (client: ClientId) => number },
): readonly ClientId[] {
  const arrivals = asked.map((client) => ({ client, at: seconds(client), lot: lot(client) }));
  return arrivals
    .sort((a, b) => a.at - b.at || a.lot - b.lot)
    .slice(0, count)
    .map(({ client }) => client)
    .sort();
}
