/** MNIST's digits in memory, and new sets made of them, as IDX files. TRIBUTARY_MNIST names their folder, or it is `mnist` of TRIBUTARY_DATA. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Random } from "../../shared/random.ts";

export const mnist = process.env["TRIBUTARY_MNIST"] ?? join(process.env["TRIBUTARY_DATA"] ?? "", "mnist");
export const noDigits = !existsSync(join(mnist, "train-images-idx3-ubyte.gz"));
export const withDigits = (what: string): string =>
  noDigits ? `${what}: skipped, TRIBUTARY_MNIST names no folder with MNIST's four IDX files` : what;

export interface Digits {
  readonly size: number;
  /** Row by row, `size`² bytes each. */
  readonly pixels: Uint8Array;
  /** Column by column of labels, each of one byte a row. */
  readonly labels: readonly Uint8Array[];
}

/** The first `rows` of MNIST's training or test digits. */
export function readDigits(part: "train" | "t10k", rows: number): Digits {
  const bytes = (name: string, header: number): Uint8Array =>
    new Uint8Array(gunzipSync(readFileSync(join(mnist, `${part}-${name}-ubyte.gz`)))).subarray(header);
  return {
    size: 28,
    pixels: bytes("images-idx3", 16).subarray(0, rows * 784),
    labels: [bytes("labels-idx1", 8).subarray(0, rows)],
  };
}

/** Writes a set as IDX files of a new folder: `image.idx`, and `label-0.idx`, … */
export function writeDigits({ size, pixels, labels }: Digits): string {
  const folder = mkdtempSync(join(tmpdir(), "tributary-digits-"));
  const write = (name: string, shape: readonly number[], data: Uint8Array): void => {
    const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
    bytes.set([0, 0, 8, shape.length]);
    const view = new DataView(bytes.buffer);
    shape.forEach((length, axis) => {
      view.setUint32(4 + 4 * axis, length);
    });
    bytes.set(data, 4 + 4 * shape.length);
    writeFileSync(join(folder, `${name}.idx`), bytes);
  };
  const rows = labels[0]!.length;
  write("image", [rows, size, size], pixels);
  labels.forEach((column, i) => {
    write(`label-${String(i)}`, [rows], column);
  });
  return folder;
}

/**
 * Multi-MNIST: two digits on one canvas of 36 × 36, one in its upper left and one in its lower right corner, the brighter pixel where they
 * lie on each other; one label for each. Partners are drawn from the same digits. Source: Sabour et al. (2017), as two tasks by Sener &
 * Koltun (2018).
 */
export function pairsOf({ size, pixels, labels }: Digits, rows: number, random: Random): Digits {
  const wide = 36;
  const count = labels[0]!.length;
  const canvas = new Uint8Array(rows * wide * wide);
  const classes = [new Uint8Array(rows), new Uint8Array(rows)] as const;
  for (let row = 0; row < rows; row++) {
    for (const [side, shift] of [0, wide - size].entries()) {
      const digit = random.integer(count);
      classes[side]![row] = labels[0]![digit]!;
      for (let y = 0; y < size; y++) {
        for (let x = 0; x < size; x++) {
          const at = (row * wide + y + shift) * wide + x + shift;
          canvas[at] = Math.max(canvas[at]!, pixels[(digit * size + y) * size + x]!);
        }
      }
    }
  }
  return { size: wide, pixels: canvas, labels: classes };
}
