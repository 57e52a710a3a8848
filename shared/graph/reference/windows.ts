/** Convolution and pooling: loops over windows, one visitor for each family. */
import { leads } from "./reductions.ts";
import type { Compute, Tensor } from "./tensor.ts";
import { compute } from "./tensor.ts";

interface Sliding {
  readonly stride: readonly number[];
  readonly padding: readonly number[];
}
type Four = readonly [number, number, number, number];
const four = (tensor: Tensor): Four => tensor.shape as Four; // the shape rule has counted

/** Visits each cell of each window that lies on the plane, by its place in x and y: x [N, H, W, C], y [N, OH, OW, ·]. */
function cells(
  { stride, padding }: Sliding,
  x: Tensor,
  y: Tensor,
  [height, width]: readonly number[],
  visit: (n: number, row: number, column: number, i: number, j: number, a: number, b: number) => void,
): void {
  const [batch, planeHeight, planeWidth] = four(x);
  const [, rows, columns] = four(y);
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        for (let a = 0; a < height!; a++) {
          for (let b = 0; b < width!; b++) {
            const row = i * stride[0]! + a - padding[0]!;
            const column = j * stride[1]! + b - padding[2]!;
            if (row >= 0 && row < planeHeight && column >= 0 && column < planeWidth) visit(n, row, column, i, j, a, b);
          }
        }
      }
    }
  }
}

const place = ([, height, width, depth]: readonly number[], n: number, i: number, j: number, c: number): number =>
  ((n * height! + i) * width! + j) * depth! + c;

/** Visits every multiplication of conv2d(x, k) = y: the places in x, k and y that meet. */
function multiplications(
  values: Sliding & { readonly groups: number },
  [x, k, y]: readonly [Tensor, Tensor, Tensor],
  visit: (atX: number, atK: number, atY: number) => void,
): void {
  const [height, width, depth, outputs] = four(k);
  const perGroup = outputs / values.groups;
  cells(values, x, y, [height, width], (n, row, column, i, j, a, b) => {
    for (let o = 0; o < outputs; o++) {
      const first = Math.floor(o / perGroup) * depth;
      for (let c = 0; c < depth; c++) {
        visit(place(x.shape, n, row, column, first + c), place(k.shape, a, b, c, o), place(y.shape, n, i, j, o));
      }
    }
  });
}

type Convolution = Sliding & { readonly groups: number };
type Pooling = Sliding & { readonly window: readonly number[] };

export const windows = {
  conv2d: compute<Convolution>((y, values, x, k) => {
    y.data.fill(0);
    multiplications(values, [x, k, y], (atX, atK, atY) => (y.data[atY]! += x.data[atX]! * k.data[atK]!));
  }),
  conv2dInput: compute<Convolution>((y, values, g, k) => {
    y.data.fill(0);
    multiplications(values, [y, k, g], (atX, atK, atY) => (y.data[atX]! += g.data[atY]! * k.data[atK]!));
  }),
  conv2dKernel: compute<Convolution>((y, values, x, g) => {
    y.data.fill(0);
    multiplications(values, [x, y, g], (atX, atK, atY) => (y.data[atK]! += x.data[atX]! * g.data[atY]!));
  }),

  maxPool2dIndex: compute<Pooling>((y, values, x) => {
    const [, , planeWidth, channels] = four(x);
    y.data.fill(-1);
    cells(values, x, y, values.window, (n, row, column, i, j) => {
      for (let c = 0; c < channels; c++) {
        const at = place(y.shape, n, i, j, c);
        const best = y.data[at]!;
        const bestValue = x.data[place(x.shape, n, Math.floor(best / planeWidth), best % planeWidth, c)];
        if (best < 0 || leads(x.data[place(x.shape, n, row, column, c)]!, bestValue!))
          y.data[at] = row * planeWidth + column;
      }
    });
  }),
  poolTake: compute((y, _values, x, index) => {
    forPlaces(index, four(x), (atPlane, atIndex) => (y.data[atIndex] = atPlane === undefined ? NaN : x.data[atPlane]!));
  }),
  poolScatter: compute((y, _values, v, index) => {
    y.data.fill(0);
    forPlaces(index, four(y), (atPlane, atIndex) => {
      if (atPlane !== undefined) y.data[atPlane]! += v.data[atIndex]!;
    });
  }),
  averagePool2d: compute<Pooling>((y, values, x) => {
    const area = values.window[0]! * values.window[1]!;
    y.data.fill(0);
    cells(values, x, y, values.window, (n, row, column, i, j) => {
      for (let c = 0; c < four(x)[3]; c++)
        y.data[place(y.shape, n, i, j, c)]! += x.data[place(x.shape, n, row, column, c)]!;
    });
    for (let i = 0; i < y.data.length; i++) y.data[i]! /= area;
  }),
  averageUnpool2d: compute<Pooling>((y, values, g) => {
    const area = values.window[0]! * values.window[1]!;
    y.data.fill(0);
    cells(values, y, g, values.window, (n, row, column, i, j) => {
      for (let c = 0; c < four(y)[3]; c++)
        y.data[place(y.shape, n, row, column, c)]! += g.data[place(g.shape, n, i, j, c)]! / area;
    });
  }),
} satisfies Record<string, Compute>;

/** Visits each element of a pooling index [N, OH, OW, C] with the place in planes [N, H, W, C] it names, if it lies there. */
function forPlaces(
  index: Tensor,
  [, height, width, channels]: Four,
  visit: (atPlane: number | undefined, atIndex: number) => void,
): void {
  const perPlane = index.data.length / index.shape[0]!;
  index.data.forEach((cell, at) => {
    const [n, c] = [Math.floor(at / perPlane), at % channels];
    visit(cell >= 0 && cell < height * width ? (n * height * width + cell) * channels + c : undefined, at);
  });
}
