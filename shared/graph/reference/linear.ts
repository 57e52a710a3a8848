import type { Compute } from "./tensor.ts";
import { compute } from "./tensor.ts";

export const linear = {
  matmul: compute<{ transposeA: boolean; transposeB: boolean }>((y, { transposeA, transposeB }, a, b) => {
    const [m, n] = y.shape.slice(-2) as [number, number];
    const inner = a.shape.at(transposeA ? -2 : -1)!;
    const batches = y.shape.length === 3 ? y.shape[0]! : 1;
    for (let batch = 0; batch < batches; batch++) {
      const [startA, startB] = [batch * m * inner, batch * inner * n];
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let total = 0;
          for (let k = 0; k < inner; k++) {
            const left = a.data[startA + (transposeA ? k * m + i : i * inner + k)]!;
            total += left * b.data[startB + (transposeB ? j * inner + k : k * n + j)]!;
          }
          y.data[(batch * m + i) * n + j] = total;
        }
      }
    }
  }),
} satisfies Record<string, Compute>;
