/**
 * Order-independent accumulation over clients: the fold must give the same bits in any order of arrival, on any number of threads and in
 * any grouping. Both sums hold integers — whole multiples of a small quantum — because integers add associatively and floating-point
 * numbers do not; rounding happens once on the way in (vectors, to 2⁻⁶⁴) or only on the way out (scalars).
 *
 *     vectors of parameters   VectorSum   two 64-bit limbs an element, in the kernels     sum/vector-sum.ts
 *     scalars                 ExactSum    exact over the whole range of float64           sum/exact-sum.ts
 */
export { ExactSum, type ExactSumState } from "./sum/exact-sum.ts";
export { VectorSum } from "./sum/vector-sum.ts";
