/** Collecting cells into columns: numbers in chunks of float64, text only where it is needed. */
import { canonical, plainNumber } from "../schema.ts";
import type { NumberColumn, TableColumn, TextColumn } from "../table.ts";

/** A growing Float64Array: doubling, so n numbers cost O(n). */
class Numbers {
  #values = new Float64Array(64);
  length = 0;
  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Float64Array(2 * this.length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length++] = value;
  }
  toArray(): Float64Array {
    return this.#values.slice(0, this.length);
  }
}

/**
 * The cells of one column of a text file, top to bottom. It begins as numbers, and becomes text at the first cell that
 * is neither empty nor a plain number; the cells before it are then written as `canonical` would. An empty cell is missing.
 */
export class CellCollector {
  #numbers = new Numbers();
  #texts: string[] | undefined;
  #missing: number[] = [];

  push(cell: string): void {
    if (cell === "") this.#missing.push(this.length);
    if (this.#texts !== undefined) this.#texts.push(cell);
    else if (cell === "") this.#numbers.push(NaN);
    else if (plainNumber.test(cell) && Number.isFinite(Number(cell))) this.#numbers.push(Number(cell));
    else this.#becomeText(cell);
  }

  get length(): number {
    return this.#texts?.length ?? this.#numbers.length;
  }

  finish(): TableColumn {
    const missing = marksOf(this.#missing, this.length);
    return this.#texts === undefined
      ? numberColumn(this.#numbers.toArray(), missing)
      : textColumn(this.#texts, missing);
  }

  #becomeText(cell: string): void {
    this.#texts = Array.from(this.#numbers.toArray(), (value) => (Number.isNaN(value) ? "" : canonical(value)));
    this.#numbers = new Numbers();
    this.#texts.push(cell);
  }
}

function marksOf(missing: readonly number[], rows: number): Uint8Array | undefined {
  if (missing.length === 0) return undefined;
  const marks = new Uint8Array(rows);
  for (const row of missing) marks[row] = 1;
  return marks;
}

export const numberColumn = (values: Float64Array, missing?: Uint8Array): NumberColumn =>
  missing === undefined ? { kind: "number", values } : { kind: "number", values, missing };

export const textColumn = (values: readonly string[], missing?: Uint8Array): TextColumn =>
  missing === undefined ? { kind: "text", values } : { kind: "text", values, missing };
