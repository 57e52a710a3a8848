// The instruction numbers, read by both compilers: AssemblyScript switches on them (run.ts), TypeScript writes them
// (plan/lower.ts). Elementwise numbers come first: `n, y` and one, two or three operands follow each of them.

// one operand
export const negate = 0;
export const abs = 1;
export const sign = 2;
export const exp = 3;
export const expm1 = 4;
export const log = 5;
export const log1p = 6;
export const sqrt = 7;
export const reciprocal = 8;
export const square = 9;
export const tanh = 10;
export const sigmoid = 11;
export const softplus = 12;
export const sin = 13;
export const cos = 14;
export const erf = 15;
export const lgamma = 16;
export const digamma = 17;
export const trigamma = 18;
export const floor = 19;
export const relu = 20;
export const isFinite = 21;
export const toReal = 22;
export const toIndex = 23;

// two operands
export const add = 24;
export const subtract = 25;
export const multiply = 26;
export const divide = 27;
export const power = 28;
export const maximum = 29;
export const minimum = 30;
export const less = 31;
export const lessEqual = 32;
export const equal = 33;

// three operands
export const select = 34;

// a group of elementwise instructions, chunk by chunk
export const fused = 35;

// movement
export const expand = 36;
export const expandIndex = 37;
export const permute = 38;
export const permuteIndex = 39;
export const copyBlocks = 40;
export const fillZero = 41;
export const reverse = 42;
export const reverseIndex = 43;

// reductions and scans
export const sum = 44;
export const max = 45;
export const argMax = 46;
export const logSumExp = 47;
export const softmax = 48;
export const softmaxCrossEntropy = 49;
export const argSort = 50;
export const cumulativeSum = 51;

// indexing
export const gather = 52;
export const gatherIndex = 53;
export const scatterAdd = 54;
export const takeLast = 55;
export const takeLastIndex = 56;
export const scatterLast = 57;
export const oneHot = 58;

// linear algebra, images
export const matmul = 59;
export const conv2d = 60;
export const conv2dInput = 61;
export const conv2dKernel = 62;
export const maxPool2dIndex = 63;
export const poolTake = 64;
export const poolScatter = 65;
export const averagePool2d = 66;
export const averageUnpool2d = 67;

// chance
export const randomUniform = 68;

// between runs: batches, sums and optimizer steps
export const gatherRows = 69;
export const gatherRowsIndex = 70;
export const accumulate = 71;
export const settle = 72;
export const sgd = 73;
export const adam = 74;

// rows of a batch
export const selectRows = 75;

// the gradient of one row
export const clip = 76;

// recurrences
export const linearScan = 77;
export const cumulativeLogSumExp = 78;

// a product as a step of descent
export const matmulDescend = 79;
