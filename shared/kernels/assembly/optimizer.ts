import { splat } from "./lanes";
import { powerOf } from "./power";

/**
 * Optimizer steps over flat vectors of n parameters, in the precision of the parameters. Moments start at zero. Vectors of four float32
 * or two float64; the rest, element by element, goes through the same operations in the same order.
 */

/** p ← p − rate·g: four vectors a turn, twice as fast as one. */
@inline
function descend<T>(bytes: usize, rate: T, gradient: usize, parameters: usize): void {
  const rates = splat<T>(rate), end = parameters + bytes;
  for (; parameters + 64 <= end; parameters += 64, gradient += 64) {
    const a = v128.sub<T>(v128.load(parameters), v128.mul<T>(rates, v128.load(gradient)));
    const b = v128.sub<T>(v128.load(parameters, 16), v128.mul<T>(rates, v128.load(gradient, 16)));
    const c = v128.sub<T>(v128.load(parameters, 32), v128.mul<T>(rates, v128.load(gradient, 32)));
    const d = v128.sub<T>(v128.load(parameters, 48), v128.mul<T>(rates, v128.load(gradient, 48)));
    v128.store(parameters, a);
    v128.store(parameters, b, 16);
    v128.store(parameters, c, 32);
    v128.store(parameters, d, 48);
  }
  for (; parameters < end; parameters += sizeof<T>(), gradient += sizeof<T>()) {
    store<T>(parameters, load<T>(parameters) - rate * load<T>(gradient));
  }
}

/**
 * Stochastic gradient descent with momentum μ, coupled weight decay λ, and Nesterov's variant, as PyTorch has it:
 *
 *     d = g + λ·p      v ← μ·v + d      p ← p − rate·v        (nesterov: p ← p − rate·(d + μ·v))
 *
 * Without momentum (μ = 0) `velocity` is neither read nor written and may be 0.
 */
@inline
function sgd<T>(n: i32, rate: T, momentum: T, weightDecay: T, nesterov: i32, gradient: usize, velocity: usize, parameters: usize): void {
  const bytes = (<usize>n) * sizeof<T>();
  const rates = splat<T>(rate), momenta = splat<T>(momentum), decays = splat<T>(weightDecay); // V8 does not take them out of the loop
  let i: usize = 0;
  if (momentum == 0 && weightDecay == 0) {
    descend<T>(bytes, rate, gradient, parameters);
    return;
  }
  for (; i + 16 <= bytes; i += 16) {
    const p = v128.load(parameters + i);
    let d = v128.add<T>(v128.load(gradient + i), v128.mul<T>(decays, p));
    if (momentum != 0) {
      const v = v128.add<T>(v128.mul<T>(momenta, v128.load(velocity + i)), d);
      v128.store(velocity + i, v);
      d = nesterov ? v128.add<T>(d, v128.mul<T>(momenta, v)) : v;
    }
    v128.store(parameters + i, v128.sub<T>(p, v128.mul<T>(rates, d)));
  }
  for (; i < bytes; i += sizeof<T>()) {
    const p = load<T>(parameters + i);
    let d: T = load<T>(gradient + i) + weightDecay * p;
    if (momentum != 0) {
      const v: T = momentum * load<T>(velocity + i) + d;
      store<T>(velocity + i, v);
      d = nesterov ? d + momentum * v : v;
    }
    store<T>(parameters + i, p - rate * d);
  }
}

/**
 * Adam (Kingma & Ba 2015, Algorithm 1), or AdamW (Loshchilov & Hutter 2019, Algorithm 2) when `decoupled`:
 *
 *     coupled g ← g + λ·p, decoupled p ← p − rate·λ·p
 *     m ← β₁·m + (1 − β₁)·g      v ← β₂·v + (1 − β₂)·g²
 *     p ← p − rate · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
 *
 * `step` t counts from 1. The scalars are computed in float64 and rounded once.
 */
@inline
function adam<T>(n: i32, rate: f64, beta1: f64, beta2: f64, epsilon: f64, weightDecay: f64, decoupled: i32, step: i32, gradient: usize, mean: usize, square: usize, parameters: usize): void {
  const scale = <T>(rate / (1 - powerOf(beta1, <f64>step)));
  const correction = <T>(1 / (1 - powerOf(beta2, <f64>step)));
  const keep = <T>(decoupled ? 1 - rate * weightDecay : 1), coupled = <T>(decoupled ? 0 : weightDecay);
  const b1 = <T>beta1, c1 = <T>(1 - beta1), b2 = <T>beta2, c2 = <T>(1 - beta2), e = <T>epsilon;
  const bytes = (<usize>n) * sizeof<T>();
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) {
    const p = v128.load(parameters + i);
    const g = v128.add<T>(v128.load(gradient + i), v128.mul<T>(splat<T>(coupled), p));
    const m = v128.add<T>(v128.mul<T>(splat<T>(b1), v128.load(mean + i)), v128.mul<T>(splat<T>(c1), g));
    const v = v128.add<T>(v128.mul<T>(splat<T>(b2), v128.load(square + i)), v128.mul<T>(splat<T>(c2), v128.mul<T>(g, g)));
    v128.store(mean + i, m);
    v128.store(square + i, v);
    const length = v128.add<T>(v128.sqrt<T>(v128.mul<T>(v, splat<T>(correction))), splat<T>(e));
    const kept = v128.mul<T>(splat<T>(keep), p);
    v128.store(parameters + i, v128.sub<T>(kept, v128.div<T>(v128.mul<T>(splat<T>(scale), m), length)));
  }
  for (; i < bytes; i += sizeof<T>()) {
    const p = load<T>(parameters + i);
    const g: T = load<T>(gradient + i) + coupled * p;
    const m: T = b1 * load<T>(mean + i) + c1 * g;
    const v: T = b2 * load<T>(square + i) + c2 * (g * g);
    store<T>(mean + i, m);
    store<T>(square + i, v);
    store<T>(parameters + i, keep * p - (scale * m) / (sqrt<T>(v * correction) + e));
  }
}

/** y += x over n numbers, y float64: the gradients of micro-batches into one sum. */
@inline
function accumulate<T>(n: i32, x: usize, y: usize): void {
  const end = y + (<usize>n) * 8;
  for (; y + 16 <= end; x += 2 * sizeof<T>(), y += 16) {
    const v = sizeof<T>() == 4 ? f64x2.promote_low_f32x4(v128.load64_zero(x)) : v128.load(x);
    v128.store(y, f64x2.add(v128.load(y), v));
  }
  if (y < end) store<f64>(y, load<f64>(y) + <f64>load<T>(x));
}

/** y = x over n numbers, x float64, rounded to T: such a sum, back in the precision of the parameters. */
@inline
function narrow<T>(n: i32, x: usize, y: usize): void {
  const end = x + (<usize>n) * 8;
  for (; x < end; x += 8, y += sizeof<T>()) store<T>(y, <T>load<f64>(x));
}

export function sgd_f32(n: i32, rate: f64, momentum: f64, weightDecay: f64, nesterov: i32, gradient: usize, velocity: usize, parameters: usize): void {
  sgd<f32>(n, <f32>rate, <f32>momentum, <f32>weightDecay, nesterov, gradient, velocity, parameters);
}
export function sgd_f64(n: i32, rate: f64, momentum: f64, weightDecay: f64, nesterov: i32, gradient: usize, velocity: usize, parameters: usize): void {
  sgd<f64>(n, <f64>rate, <f64>momentum, <f64>weightDecay, nesterov, gradient, velocity, parameters);
}
export function adam_f32(n: i32, rate: f64, beta1: f64, beta2: f64, epsilon: f64, weightDecay: f64, decoupled: i32, step: i32, gradient: usize, mean: usize, square: usize, parameters: usize): void {
  adam<f32>(n, rate, beta1, beta2, epsilon, weightDecay, decoupled, step, gradient, mean, square, parameters);
}
export function adam_f64(n: i32, rate: f64, beta1: f64, beta2: f64, epsilon: f64, weightDecay: f64, decoupled: i32, step: i32, gradient: usize, mean: usize, square: usize, parameters: usize): void {
  adam<f64>(n, rate, beta1, beta2, epsilon, weightDecay, decoupled, step, gradient, mean, square, parameters);
}
export function accumulate_f32(n: i32, x: usize, y: usize): void {
  accumulate<f32>(n, x, y);
}
export function accumulate_f64(n: i32, x: usize, y: usize): void {
  accumulate<f64>(n, x, y);
}
export function narrow_f32(n: i32, x: usize, y: usize): void {
  narrow<f32>(n, x, y);
}
export function narrow_f64(n: i32, x: usize, y: usize): void {
  narrow<f64>(n, x, y);
}
