import { instantiate, kernel } from "./module.ts";

/**
 * The functions whose last bits JavaScript engines do not agree on, computed by the kernels in float64: the same bits on every
 * machine. Bounds in units in the last place; x may be any number, and special values follow IEEE 754 (pow(1, NaN) = 1, unlike
 * Math.pow). A call costs about 20 ns: for whole tensors use the kernels themselves.
 */
const kernels = instantiate(new WebAssembly.Memory({ initial: 16, maximum: 16, shared: true }));

/** eˣ, ≤ 1 ulp. */
export const exp: (x: number) => number = kernel(kernels, "exp_scalar");
/** eˣ − 1, ≤ 1.3 ulp. */
export const expm1: (x: number) => number = kernel(kernels, "expm1_scalar");
/** ln x, ≤ 1 ulp. */
export const log: (x: number) => number = kernel(kernels, "log_scalar");
/** ln(1 + x), ≤ 1 ulp. */
export const log1p: (x: number) => number = kernel(kernels, "log1p_scalar");
/** xʸ, ≤ 1.1 ulp; exact where the power is a float64. */
export const pow: (x: number, y: number) => number = kernel(kernels, "power_scalar");
/** ≤ 1 ulp at every size of x, in radians. */
export const sin: (x: number) => number = kernel(kernels, "sin_scalar");
/** ≤ 1 ulp at every size of x, in radians. */
export const cos: (x: number) => number = kernel(kernels, "cos_scalar");
/** ≤ 1.5 ulp. */
export const tanh: (x: number) => number = kernel(kernels, "tanh_scalar");
/** 1/(1 + e⁻ˣ), ≤ 1.5 ulp. */
export const sigmoid: (x: number) => number = kernel(kernels, "sigmoid_scalar");
/** ln(1 + eˣ), ≤ 2 ulp. */
export const softplus: (x: number) => number = kernel(kernels, "softplus_scalar");
/** 2/√π·∫₀ˣ exp(−t²) dt, ≤ 1.7 ulp. */
export const erf: (x: number) => number = kernel(kernels, "erf_scalar");
/** ln|Γ(x)|; bounds in assembly/gamma.ts. */
export const lgamma: (x: number) => number = kernel(kernels, "lgamma_scalar");
/** ψ(x) = (ln Γ)′(x); bounds in assembly/gamma.ts. */
export const digamma: (x: number) => number = kernel(kernels, "digamma_scalar");
/** ψ′(x); bounds in assembly/gamma.ts. */
export const trigamma: (x: number) => number = kernel(kernels, "trigamma_scalar");
