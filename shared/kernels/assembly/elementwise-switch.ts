// One elementwise instruction: y = operation(a, b, c) over n elements. The switch is dense, so it becomes one jump table.
import { toIndex_f32, toIndex_f64, toReal_f32, toReal_f64 } from "./convert";
import { add_f32, add_f64, divide_f32, divide_f64, equal_f32, equal_f64, lessEqual_f32, lessEqual_f64, less_f32, less_f64, maximum_f32, maximum_f64, minimum_f32, minimum_f64, multiply_f32, multiply_f64, subtract_f32, subtract_f64 } from "./binary";
import { abs_f32, abs_f64, exp_f32, exp_f64, expm1_f32, expm1_f64, floor_f32, floor_f64, isFinite_f32, isFinite_f64, log1p_f32, log1p_f64, log_f32, log_f64, negate_f32, negate_f64, reciprocal_f32, reciprocal_f64, relu_f32, relu_f64, sigmoid_f32, sigmoid_f64, sign_f32, sign_f64, softplus_f32, softplus_f64, sqrt_f32, sqrt_f64, square_f32, square_f64, tanh_f32, tanh_f64 } from "./unary";
import { erf_f32, erf_f64 } from "./error-function";
import { digamma_f32, digamma_f64, lgamma_f32, lgamma_f64, trigamma_f32, trigamma_f64 } from "./gamma";
import * as op from "./opcodes";
import { bceWithLogits_f32, bceWithLogits_f64, huber_f32, huber_f64 } from "./pointwise-losses";
import { power_f32, power_f64 } from "./power";
import { select_f32, select_f64 } from "./select";
import { cos_f32, cos_f64, sin_f32, sin_f64 } from "./trigonometric";

export function elementwise<T>(opcode: i32, n: i32, y: usize, a: usize, b: usize, c: usize): void {
  if (sizeof<T>() == 4) elementwise32(opcode, n, y, a, b, c);
  else elementwise64(opcode, n, y, a, b, c);
}

function elementwise32(opcode: i32, n: i32, y: usize, a: usize, b: usize, c: usize): void {
  switch (opcode) {
    case op.negate: negate_f32(n, a, y); break;
    case op.abs: abs_f32(n, a, y); break;
    case op.sign: sign_f32(n, a, y); break;
    case op.exp: exp_f32(n, a, y); break;
    case op.expm1: expm1_f32(n, a, y); break;
    case op.log: log_f32(n, a, y); break;
    case op.log1p: log1p_f32(n, a, y); break;
    case op.sqrt: sqrt_f32(n, a, y); break;
    case op.reciprocal: reciprocal_f32(n, a, y); break;
    case op.square: square_f32(n, a, y); break;
    case op.tanh: tanh_f32(n, a, y); break;
    case op.sigmoid: sigmoid_f32(n, a, y); break;
    case op.softplus: softplus_f32(n, a, y); break;
    case op.sin: sin_f32(n, a, y); break;
    case op.cos: cos_f32(n, a, y); break;
    case op.erf: erf_f32(n, a, y); break;
    case op.lgamma: lgamma_f32(n, a, y); break;
    case op.digamma: digamma_f32(n, a, y); break;
    case op.trigamma: trigamma_f32(n, a, y); break;
    case op.floor: floor_f32(n, a, y); break;
    case op.relu: relu_f32(n, a, y); break;
    case op.isFinite: isFinite_f32(n, a, y); break;
    case op.toReal: toReal_f32(n, a, y); break;
    case op.toIndex: toIndex_f32(n, a, y); break;
    case op.add: add_f32(n, a, b, y); break;
    case op.subtract: subtract_f32(n, a, b, y); break;
    case op.multiply: multiply_f32(n, a, b, y); break;
    case op.divide: divide_f32(n, a, b, y); break;
    case op.power: power_f32(n, a, b, y); break;
    case op.maximum: maximum_f32(n, a, b, y); break;
    case op.minimum: minimum_f32(n, a, b, y); break;
    case op.less: less_f32(n, a, b, y); break;
    case op.lessEqual: lessEqual_f32(n, a, b, y); break;
    case op.equal: equal_f32(n, a, b, y); break;
    case op.bceWithLogits: bceWithLogits_f32(n, a, b, y); break;
    case op.huber: huber_f32(n, a, b, y); break;
    case op.select: select_f32(n, a, b, c, y); break;
  }
}

function elementwise64(opcode: i32, n: i32, y: usize, a: usize, b: usize, c: usize): void {
  switch (opcode) {
    case op.negate: negate_f64(n, a, y); break;
    case op.abs: abs_f64(n, a, y); break;
    case op.sign: sign_f64(n, a, y); break;
    case op.exp: exp_f64(n, a, y); break;
    case op.expm1: expm1_f64(n, a, y); break;
    case op.log: log_f64(n, a, y); break;
    case op.log1p: log1p_f64(n, a, y); break;
    case op.sqrt: sqrt_f64(n, a, y); break;
    case op.reciprocal: reciprocal_f64(n, a, y); break;
    case op.square: square_f64(n, a, y); break;
    case op.tanh: tanh_f64(n, a, y); break;
    case op.sigmoid: sigmoid_f64(n, a, y); break;
    case op.softplus: softplus_f64(n, a, y); break;
    case op.sin: sin_f64(n, a, y); break;
    case op.cos: cos_f64(n, a, y); break;
    case op.erf: erf_f64(n, a, y); break;
    case op.lgamma: lgamma_f64(n, a, y); break;
    case op.digamma: digamma_f64(n, a, y); break;
    case op.trigamma: trigamma_f64(n, a, y); break;
    case op.floor: floor_f64(n, a, y); break;
    case op.relu: relu_f64(n, a, y); break;
    case op.isFinite: isFinite_f64(n, a, y); break;
    case op.toReal: toReal_f64(n, a, y); break;
    case op.toIndex: toIndex_f64(n, a, y); break;
    case op.add: add_f64(n, a, b, y); break;
    case op.subtract: subtract_f64(n, a, b, y); break;
    case op.multiply: multiply_f64(n, a, b, y); break;
    case op.divide: divide_f64(n, a, b, y); break;
    case op.power: power_f64(n, a, b, y); break;
    case op.maximum: maximum_f64(n, a, b, y); break;
    case op.minimum: minimum_f64(n, a, b, y); break;
    case op.less: less_f64(n, a, b, y); break;
    case op.lessEqual: lessEqual_f64(n, a, b, y); break;
    case op.equal: equal_f64(n, a, b, y); break;
    case op.bceWithLogits: bceWithLogits_f64(n, a, b, y); break;
    case op.huber: huber_f64(n, a, b, y); break;
    case op.select: select_f64(n, a, b, c, y); break;
  }
}
