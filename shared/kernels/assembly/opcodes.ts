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
export const bceWithLogits = 34;

// three operands
export const select = 35;

// a group of elementwise instructions, chunk by chunk
export const fused = 36;

// movement
export const expand = 37;
export const expandIndex = 38;
export const permute = 39;
export const permuteIndex = 40;
export const copyBlocks = 41;
export const fillZero = 42;
export const reverse = 43;
export const reverseIndex = 44;

// reductions and scans
export const sum = 45;
export const max = 46;
export const argMax = 47;
export const logSumExp = 48;
export const softmax = 49;
export const softmaxCrossEntropy = 50;
export const argSort = 51;
export const cumulativeSum = 52;

// indexing
export const gather = 53;
export const gatherIndex = 54;
export const scatterAdd = 55;
export const takeLast = 56;
export const takeLastIndex = 57;
export const scatterLast = 58;
export const oneHot = 59;

// linear algebra, images
export const matmul = 60;
export const conv2d = 61;
export const conv2dInput = 62;
export const conv2dKernel = 63;
export const maxPool2dIndex = 64;
export const poolTake = 65;
export const poolScatter = 66;
export const averagePool2d = 67;
export const averageUnpool2d = 68;

// chance
export const randomUniform = 69;

// between runs: batches, sums and optimizer steps
export const gatherRows = 70;
export const gatherRowsIndex = 71;
export const accumulate = 72;
export const settle = 73;
export const sgd = 74;
export const adam = 75;

// rows of a batch
export const selectRows = 76;

// the gradient of one row
export const clip = 77;

// recurrences
export const linearScan = 78;
export const cumulativeLogSumExp = 79;

// a product as a step of descent
export const matmulDescend = 80;

// slopes of fused rows
export const softmaxCrossEntropySlope = 81;
