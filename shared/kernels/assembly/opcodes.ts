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
export const huber = 35;

// three operands
export const select = 36;

// a group of elementwise instructions, chunk by chunk
export const fused = 37;

// movement
export const expand = 38;
export const expandIndex = 39;
export const permute = 40;
export const permuteIndex = 41;
export const copyBlocks = 42;
export const fillZero = 43;
export const reverse = 44;
export const reverseIndex = 45;

// reductions and scans
export const sum = 46;
export const max = 47;
export const argMax = 48;
export const logSumExp = 49;
export const softmax = 50;
export const softmaxCrossEntropy = 51;
export const argSort = 52;
export const cumulativeSum = 53;

// indexing
export const gather = 54;
export const gatherIndex = 55;
export const scatterAdd = 56;
export const takeLast = 57;
export const takeLastIndex = 58;
export const scatterLast = 59;
export const oneHot = 60;

// linear algebra, images
export const matmul = 61;
export const conv2d = 62;
export const conv2dInput = 63;
export const conv2dKernel = 64;
export const maxPool2dIndex = 65;
export const poolTake = 66;
export const poolScatter = 67;
export const averagePool2d = 68;
export const averageUnpool2d = 69;

// chance
export const randomUniform = 70;

// between runs: batches, sums and optimizer steps
export const gatherRows = 71;
export const gatherRowsIndex = 72;
export const accumulate = 73;
export const settle = 74;
export const sgd = 75;
export const adam = 76;

// rows of a batch
export const selectRows = 77;

// the gradient of one row
export const clip = 78;

// recurrences
export const linearScan = 79;
export const cumulativeLogSumExp = 80;

// a product as a step of descent
export const matmulDescend = 81;

// slopes of fused rows
export const softmaxCrossEntropySlope = 82;

// what the others of a row have beyond its label
export const shortfall = 83;
export const shortfallSlope = 84;
