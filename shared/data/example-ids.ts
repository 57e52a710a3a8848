/**
 * Example ids: what chance is keyed by (dropout), so that a row draws the same numbers wherever it is computed.
 *
 *     one data set, cut into clients   the row's number in the data set, whoever holds it
 *     a file for each client           the client's own base + the row's number in its file
 *
 * The base follows from the client's name alone: a client that reads its own file needs nobody to tell it how many rows others
 * have. Two rows share an id only where two bases fall closer together than a file is long, and then they merely draw alike.
 */
import { Random } from "../random.ts";

/** The ids of a client's own file of so many rows; the base is in [0, 2³⁰). */
export function exampleIdsOf(client: string, rows: number): Int32Array {
  const base = Random.seeded(0)
    .fork("example", client)
    .integer(1 << 30);
  return Int32Array.from({ length: rows }, (_, row) => base + row);
}
