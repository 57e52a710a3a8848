/**
 * The instruction loop: a plan's code, from `code` to `end`, one switch turn per instruction.
 *
 * An instruction is [number, length in words, operands …] in i32 words; addresses are unsigned, a float64 takes two words.
 * Parameter blocks (extents, strides, windows) are part of the instruction itself. The words are written by plan/lower.ts.
 */
import { clip_f32, clip_f64 } from "./clip";
import { conv2dInput_f32, conv2dInput_f64, conv2dKernel_f32, conv2dKernel_f64, conv2d_f32, conv2d_f64 } from "./convolution";
import { matmulDescend_f32, matmulDescend_f64 } from "./descent";
import { elementwise } from "./elementwise-switch";
import { expand_f32, expand_f64 } from "./expand";
import { fused } from "./fused";
import { gather_f32, gather_f64, oneHot_f32, oneHot_f64, scatterAdd_f32, scatterAdd_f64, scatterLast_f32, scatterLast_f64, takeLast_f32, takeLast_f64 } from "./gather";
import { matmul_f32, matmul_f64 } from "./gemm";
import { copyBlocks, permute_f32, permute_f64, reverse_f32, reverse_f64 } from "./layout";
import * as op from "./opcodes";
import { accumulate_f32, accumulate_f64, adam_f32, adam_f64, narrow_f32, narrow_f64, sgd_f32, sgd_f64 } from "./optimizer";
import { averagePool2d_f32, averagePool2d_f64, averageUnpool2d_f32, averageUnpool2d_f64, maxPool2dIndex_f32, maxPool2dIndex_f64, poolScatter_f32, poolScatter_f64, poolTake_f32, poolTake_f64 } from "./pooling";
import { randomUniform_f32, randomUniform_f64 } from "./random";
import { cumulativeLogSumExp_f32, cumulativeLogSumExp_f64, linearScan_f32, linearScan_f64 } from "./recurrence";
import { argMax_f32, argMax_f64, max_f32, max_f64, sum_f32, sum_f64 } from "./reduce";
import { gatherRows_f32, gatherRows_f64, gatherRows_i32 } from "./rows";
import { cumulativeSum_f32, cumulativeSum_f64 } from "./scan";
import { logSumExp_f32, logSumExp_f64, softmaxCrossEntropySlope_f32, softmaxCrossEntropySlope_f64, softmaxCrossEntropy_f32, softmaxCrossEntropy_f64, softmax_f32, softmax_f64 } from "./softmax";
import { shortfallSlope_f32, shortfallSlope_f64, shortfall_f32, shortfall_f64 } from "./shortfall";
import { selectRows_f32, selectRows_f64 } from "./select";
import { argSort_f32, argSort_f64 } from "./sort";

// prettier-ignore
@inline function i(code: usize, at: usize): i32 { return load<i32>(code + (at << 2)); }
// prettier-ignore
@inline function p(code: usize, at: usize): usize { return <usize>load<u32>(code + (at << 2)); }
// prettier-ignore
@inline function d(code: usize, at: usize): f64 { return load<f64>(code + (at << 2)); }

/** Optimizer steps taken, in the cell at `address`; without a cell, more than will ever be: no bias is left to correct. */
// prettier-ignore
@inline function taken(address: usize): i32 { return address ? load<i32>(address) : i32.MAX_VALUE; }

export function run<T>(code: usize, end: usize): void {
  while (code < end) {
    const opcode = i(code, 0);
    if (opcode <= op.select) elementwise<T>(opcode, i(code, 2), p(code, 3), p(code, 4), p(code, 5), p(code, 6));
    else if (opcode == op.fused) fused<T>(code);
    else if (sizeof<T>() == 4) kernel32(opcode, code);
    else kernel64(opcode, code);
    code += p(code, 1) << 2;
  }
}

/** Every other kernel, in float32; then in float64. The kernels are exported once per precision, so their switch exists twice. */
function kernel32(opcode: i32, code: usize): void {
  switch (opcode) {
    case op.expand: expand_f32(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6)); break;
    case op.expandIndex: expand_f32(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6)); break;
    case op.selectRows: selectRows_f32(i(code, 2), i(code, 3), p(code, 4), p(code, 5), p(code, 6)); break;
    case op.permute: permute_f32(i(code, 2), code + 20, code + 20 + (p(code, 2) << 2), p(code, 3), p(code, 4)); break;
    case op.permuteIndex: permute_f32(i(code, 2), code + 20, code + 20 + (p(code, 2) << 2), p(code, 3), p(code, 4)); break;
    case op.copyBlocks: copyBlocks(i(code, 2), i(code, 3), i(code, 4), i(code, 5), p(code, 6), p(code, 7)); break;
    case op.fillZero: memory.fill(p(code, 3), 0, p(code, 2)); break;
    case op.reverse: reverse_f32(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6)); break;
    case op.reverseIndex: reverse_f32(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6)); break;
    case op.sum: sum_f32(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6)); break;
    case op.max: max_f32(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6)); break;
    case op.argMax: argMax_f32(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6)); break;
    case op.logSumExp: logSumExp_f32(i(code, 2), i(code, 3), p(code, 4), p(code, 5)); break;
    case op.softmax: softmax_f32(i(code, 2), i(code, 3), p(code, 4), p(code, 5)); break;
    case op.softmaxCrossEntropy: softmaxCrossEntropy_f32(i(code, 2), i(code, 3), p(code, 4), p(code, 5), p(code, 6)); break;
    case op.softmaxCrossEntropySlope: softmaxCrossEntropySlope_f32(i(code, 2), i(code, 3), p(code, 4), p(code, 5), p(code, 6), p(code, 7)); break;
    case op.shortfall: shortfall_f32(i(code, 2), i(code, 3), p(code, 4), p(code, 5), p(code, 6)); break;
    case op.shortfallSlope: shortfallSlope_f32(i(code, 2), i(code, 3), p(code, 4), p(code, 5), p(code, 6), p(code, 7)); break;
    case op.argSort: argSort_f32(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6), p(code, 7)); break;
    case op.cumulativeSum: cumulativeSum_f32(i(code, 2), i(code, 3), i(code, 4), i(code, 5), i(code, 6), p(code, 7), p(code, 8)); break;
    case op.linearScan: linearScan_f32(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6), p(code, 7)); break;
    case op.cumulativeLogSumExp: cumulativeLogSumExp_f32(i(code, 2), i(code, 3), p(code, 4), p(code, 5), p(code, 6)); break;
    case op.gather: gather_f32(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6), p(code, 7)); break;
    case op.gatherIndex: gather_f32(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6), p(code, 7)); break;
    case op.scatterAdd: scatterAdd_f32(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6), p(code, 7)); break;
    case op.takeLast: takeLast_f32(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6), p(code, 7)); break;
    case op.takeLastIndex: takeLast_f32(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6), p(code, 7)); break;
    case op.scatterLast: scatterLast_f32(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6), p(code, 7)); break;
    case op.oneHot: oneHot_f32(i(code, 2), i(code, 3), p(code, 4), p(code, 5)); break;
    case op.matmul: matmul_f32(i(code, 2), i(code, 3), i(code, 4), i(code, 5), i(code, 6), i(code, 7), p(code, 8), p(code, 9), p(code, 10), p(code, 11)); break;
    case op.matmulDescend: matmulDescend_f32(i(code, 2), i(code, 3), i(code, 4), i(code, 5), i(code, 6), d(p(code, 7), 0), p(code, 8), p(code, 9), p(code, 10), p(code, 11), p(code, 12)); break;
    case op.conv2d: conv2d_f32(code + 24, p(code, 2), p(code, 3), p(code, 4), p(code, 5)); break;
    case op.conv2dInput: conv2dInput_f32(code + 24, p(code, 2), p(code, 3), p(code, 4), p(code, 5)); break;
    case op.conv2dKernel: conv2dKernel_f32(code + 24, p(code, 2), p(code, 3), p(code, 4), p(code, 5)); break;
    case op.maxPool2dIndex: maxPool2dIndex_f32(code + 16, p(code, 2), p(code, 3)); break;
    case op.poolTake: poolTake_f32(i(code, 2), i(code, 3), i(code, 4), i(code, 5), p(code, 6), p(code, 7), p(code, 8)); break;
    case op.poolScatter: poolScatter_f32(i(code, 2), i(code, 3), i(code, 4), i(code, 5), p(code, 6), p(code, 7), p(code, 8)); break;
    case op.averagePool2d: averagePool2d_f32(code + 16, p(code, 2), p(code, 3)); break;
    case op.averageUnpool2d: averageUnpool2d_f32(code + 16, p(code, 2), p(code, 3)); break;
    case op.randomUniform: randomUniform_f32(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6), p(code, 7)); break;
    case op.gatherRows: gatherRows_f32(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(p(code, 6), 0), d(code, 8), d(code, 10), p(code, 7)); break;
    case op.gatherRowsIndex: gatherRows_i32(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(p(code, 6), 0), d(code, 8), d(code, 10), p(code, 7)); break;
    case op.accumulate: accumulate_f32(i(code, 2), p(code, 3), p(code, 4)); break;
    case op.settle: narrow_f32(i(code, 2), p(code, 3), p(code, 4)); memory.fill(p(code, 3), 0, p(code, 2) << 3); break;
    case op.clip: clip_f32(i(code, 2), p(code, 3), p(code, 4)); break;
    case op.sgd: sgd_f32(i(code, 2), d(p(code, 3), 0), d(code, 4), d(code, 6), i(code, 8), p(code, 9), p(code, 10), p(code, 11)); break;
    case op.adam: adam_f32(i(code, 2), d(p(code, 3), 0), d(code, 4), d(code, 6), d(code, 8), d(code, 10), i(code, 12), taken(p(code, 13)), p(code, 14), p(code, 15), p(code, 16), p(code, 17)); break;
  }
}

function kernel64(opcode: i32, code: usize): void {
  switch (opcode) {
    case op.expand: expand_f64(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6)); break;
    case op.expandIndex: expand_f32(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6)); break;
    case op.selectRows: selectRows_f64(i(code, 2), i(code, 3), p(code, 4), p(code, 5), p(code, 6)); break;
    case op.permute: permute_f64(i(code, 2), code + 20, code + 20 + (p(code, 2) << 2), p(code, 3), p(code, 4)); break;
    case op.permuteIndex: permute_f32(i(code, 2), code + 20, code + 20 + (p(code, 2) << 2), p(code, 3), p(code, 4)); break;
    case op.copyBlocks: copyBlocks(i(code, 2), i(code, 3), i(code, 4), i(code, 5), p(code, 6), p(code, 7)); break;
    case op.fillZero: memory.fill(p(code, 3), 0, p(code, 2)); break;
    case op.reverse: reverse_f64(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6)); break;
    case op.reverseIndex: reverse_f32(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6)); break;
    case op.sum: sum_f64(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6)); break;
    case op.max: max_f64(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6)); break;
    case op.argMax: argMax_f64(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6)); break;
    case op.logSumExp: logSumExp_f64(i(code, 2), i(code, 3), p(code, 4), p(code, 5)); break;
    case op.softmax: softmax_f64(i(code, 2), i(code, 3), p(code, 4), p(code, 5)); break;
    case op.softmaxCrossEntropy: softmaxCrossEntropy_f64(i(code, 2), i(code, 3), p(code, 4), p(code, 5), p(code, 6)); break;
    case op.softmaxCrossEntropySlope: softmaxCrossEntropySlope_f64(i(code, 2), i(code, 3), p(code, 4), p(code, 5), p(code, 6), p(code, 7)); break;
    case op.shortfall: shortfall_f64(i(code, 2), i(code, 3), p(code, 4), p(code, 5), p(code, 6)); break;
    case op.shortfallSlope: shortfallSlope_f64(i(code, 2), i(code, 3), p(code, 4), p(code, 5), p(code, 6), p(code, 7)); break;
    case op.argSort: argSort_f64(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6), p(code, 7)); break;
    case op.cumulativeSum: cumulativeSum_f64(i(code, 2), i(code, 3), i(code, 4), i(code, 5), i(code, 6), p(code, 7), p(code, 8)); break;
    case op.linearScan: linearScan_f64(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6), p(code, 7)); break;
    case op.cumulativeLogSumExp: cumulativeLogSumExp_f64(i(code, 2), i(code, 3), p(code, 4), p(code, 5), p(code, 6)); break;
    case op.gather: gather_f64(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6), p(code, 7)); break;
    case op.gatherIndex: gather_f32(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6), p(code, 7)); break;
    case op.scatterAdd: scatterAdd_f64(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6), p(code, 7)); break;
    case op.takeLast: takeLast_f64(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6), p(code, 7)); break;
    case op.takeLastIndex: takeLast_f32(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6), p(code, 7)); break;
    case op.scatterLast: scatterLast_f64(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6), p(code, 7)); break;
    case op.oneHot: oneHot_f64(i(code, 2), i(code, 3), p(code, 4), p(code, 5)); break;
    case op.matmul: matmul_f64(i(code, 2), i(code, 3), i(code, 4), i(code, 5), i(code, 6), i(code, 7), p(code, 8), p(code, 9), p(code, 10), p(code, 11)); break;
    case op.matmulDescend: matmulDescend_f64(i(code, 2), i(code, 3), i(code, 4), i(code, 5), i(code, 6), d(p(code, 7), 0), p(code, 8), p(code, 9), p(code, 10), p(code, 11), p(code, 12)); break;
    case op.conv2d: conv2d_f64(code + 24, p(code, 2), p(code, 3), p(code, 4), p(code, 5)); break;
    case op.conv2dInput: conv2dInput_f64(code + 24, p(code, 2), p(code, 3), p(code, 4), p(code, 5)); break;
    case op.conv2dKernel: conv2dKernel_f64(code + 24, p(code, 2), p(code, 3), p(code, 4), p(code, 5)); break;
    case op.maxPool2dIndex: maxPool2dIndex_f64(code + 16, p(code, 2), p(code, 3)); break;
    case op.poolTake: poolTake_f64(i(code, 2), i(code, 3), i(code, 4), i(code, 5), p(code, 6), p(code, 7), p(code, 8)); break;
    case op.poolScatter: poolScatter_f64(i(code, 2), i(code, 3), i(code, 4), i(code, 5), p(code, 6), p(code, 7), p(code, 8)); break;
    case op.averagePool2d: averagePool2d_f64(code + 16, p(code, 2), p(code, 3)); break;
    case op.averageUnpool2d: averageUnpool2d_f64(code + 16, p(code, 2), p(code, 3)); break;
    case op.randomUniform: randomUniform_f64(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(code, 6), p(code, 7)); break;
    case op.gatherRows: gatherRows_f64(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(p(code, 6), 0), d(code, 8), d(code, 10), p(code, 7)); break;
    case op.gatherRowsIndex: gatherRows_i32(i(code, 2), i(code, 3), i(code, 4), p(code, 5), p(p(code, 6), 0), d(code, 8), d(code, 10), p(code, 7)); break;
    case op.accumulate: accumulate_f64(i(code, 2), p(code, 3), p(code, 4)); break;
    case op.settle: narrow_f64(i(code, 2), p(code, 3), p(code, 4)); memory.fill(p(code, 3), 0, p(code, 2) << 3); break;
    case op.clip: clip_f64(i(code, 2), p(code, 3), p(code, 4)); break;
    case op.sgd: sgd_f64(i(code, 2), d(p(code, 3), 0), d(code, 4), d(code, 6), i(code, 8), p(code, 9), p(code, 10), p(code, 11)); break;
    case op.adam: adam_f64(i(code, 2), d(p(code, 3), 0), d(code, 4), d(code, 6), d(code, 8), d(code, 10), i(code, 12), taken(p(code, 13)), p(code, 14), p(code, 15), p(code, 16), p(code, 17)); break;
  }
}

export function run_f32(code: usize, end: usize): void { run<f32>(code, end); }
export function run_f64(code: usize, end: usize): void { run<f64>(code, end); }
