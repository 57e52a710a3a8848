import { dot } from "../tensor/vector.ts";

/**
 * The Gramian of m gradients: G[i][j] = ⟨gᵢ, gⱼ⟩, lengths on the diagonal and angles beside it. It is all that most weightings
 * need to see. It is not additive over clients, (ΣJₖ)(ΣJₖ)ᵀ ≠ ΣJₖJₖᵀ: aggregate the rows first.
 *
 * Shapes  m rows [parameters] → m rows [m], symmetric
 * Cost    m(m + 1)/2 products of the rows
 */
export type Gramian = readonly Float64Array[];

export function gramian(rows: readonly Float64Array[]): Gramian {
  const products = rows.map(() => new Float64Array(rows.length));
  for (let i = 0; i < rows.length; i++) {
    for (let j = i; j < rows.length; j++) {
      const product = dot(rows[i]!, rows[j]!);
      products[i]![j] = product;
      products[j]![i] = product;
    }
  }
  return products;
}

export interface UnitRows {
  readonly lengths: Float64Array;
  /** ⟨gᵢ, gⱼ⟩/(‖gᵢ‖‖gⱼ‖), within ±1; zeros for a row of zeros. */
  readonly cosines: Gramian;
}

/** The rows' lengths, and the Gramian that they would have at length 1. */
export function unitRows(products: Gramian): UnitRows {
  const lengths = Float64Array.from(products, (row, i) => Math.sqrt(row[i]!));
  const cosines = products.map((row, i) =>
    row.map((value, j) => {
      if (lengths[i] === 0 || lengths[j] === 0) return 0;
      return i === j ? 1 : Math.max(-1, Math.min(1, value / lengths[i]! / lengths[j]!));
    }),
  );
  return { lengths, cosines };
}
