/** The functions of the kernels for a single number in float64: what host code calls instead of the JavaScript engine's Math. */
import { expOf, expm1, sigmoid, tanh } from "./exponential";
import { erfOf } from "./error-function";
import { digammaOf, lgammaOf, trigammaOf } from "./gamma";
import { log1pOf, logOf, softplus } from "./logarithm";
import { powerOf } from "./power";
import { cosOf, sinOf } from "./trigonometric";

export function exp_scalar(x: f64): f64 {
  return expOf(x);
}
export function expm1_scalar(x: f64): f64 {
  return f64x2.extract_lane(expm1<f64>(f64x2.splat(x)), 0);
}
export function log_scalar(x: f64): f64 {
  return logOf(x);
}
export function log1p_scalar(x: f64): f64 {
  return log1pOf(x);
}
export function tanh_scalar(x: f64): f64 {
  return f64x2.extract_lane(tanh<f64>(f64x2.splat(x)), 0);
}
export function sigmoid_scalar(x: f64): f64 {
  return f64x2.extract_lane(sigmoid<f64>(f64x2.splat(x)), 0);
}
export function softplus_scalar(x: f64): f64 {
  return f64x2.extract_lane(softplus<f64>(f64x2.splat(x)), 0);
}
export function sin_scalar(x: f64): f64 {
  return sinOf(x);
}
export function cos_scalar(x: f64): f64 {
  return cosOf(x);
}
export function erf_scalar(x: f64): f64 {
  return erfOf(x);
}
export function lgamma_scalar(x: f64): f64 {
  return lgammaOf(x);
}
export function digamma_scalar(x: f64): f64 {
  return digammaOf(x);
}
export function trigamma_scalar(x: f64): f64 {
  return trigammaOf(x);
}
export function power_scalar(x: f64, y: f64): f64 {
  return powerOf(x, y);
}
