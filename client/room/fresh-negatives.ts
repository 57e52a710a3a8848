/** What people did not take, drawn anew in every round of training for the rows that it trains on. */
import { drawnNegative, negativesChance, takenBy, type Taken } from "../../shared/data/negatives.ts";
import type { Heap } from "../../shared/kernels/heap.ts";
import type { ColumnView } from "../../shared/kernels/trainer.ts";
import type { Assignment, NegativesPlace } from "../../shared/protocol/assignment.ts";
import { Random } from "../../shared/random.ts";

export class FreshNegatives {
  readonly #place: NegativesPlace;
  readonly #random: Random;
  readonly #size: number;
  readonly #things: Int32Array;
  readonly #people: Int32Array | undefined;
  readonly #ids: Int32Array;
  readonly #drawn: Int32Array;
  readonly #taken = new Map<string, Taken>();

  constructor({ seed, schema }: Pick<Assignment, "seed" | "schema">, heap: Heap, rows: number, place: NegativesPlace) {
    const column = ({ offset }: ColumnView): Int32Array => heap.int32(offset, rows);
    this.#place = place;
    this.#random = Random.seeded(seed).fork("data");
    this.#size = schema.features.index![schema.negatives!.feature]!; // the experiment's checks have seen to it
    this.#things = column(place.things);
    this.#people = place.people && column(place.people);
    this.#ids = column(place.ids);
    this.#drawn = column(place.drawn);
  }

  /** Draws for these of the client's training rows: by round and example id alone, so that everybody draws alike. */
  draw(client: string, train: Int32Array, rows: Int32Array, round: number): void {
    const taken = this.#taken.get(client) ?? takenBy(this.#things, this.#people, train);
    this.#taken.set(client, taken);
    const chance = negativesChance(this.#random, round);
    for (const row of rows) this.#drawn[row] = drawnNegative(chance, this.#ids[row]!, taken(row), this.#size);
  }

  /** The column that feeds an input in training. */
  inPlaceOf(stored: ColumnView): ColumnView {
    return stored.input === this.#place.drawn.input ? this.#place.drawn : stored;
  }
}
