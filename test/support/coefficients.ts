/** What a linear head has learned, in the units of the data. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeModelFile } from "../../shared/experiment/model-file.ts";

/** The coefficient of each column of the table, by name, and of the intercept where the head has a bias. */
export function coefficientsOf(run: string, head: string): Record<string, number> {
  const { tensors, preprocessing } = decodeModelFile(readFileSync(join(run, "model.safetensors")), run);
  const { columns, center, scale } = preprocessing.standardization!;
  const slopes = [...tensors.get(`heads/${head}/weight`)!.data].map((weight, j) => Number(weight) / scale[j]!);
  const bias = tensors.get(`heads/${head}/bias`)?.data[0];
  return {
    ...(bias !== undefined && { intercept: slopes.reduce((sum, slope, j) => sum - slope * center[j]!, Number(bias)) }),
    ...Object.fromEntries(columns.map((column, j) => [column, slopes[j]!])),
  };
}
