/** What a worker's clients keep between rounds, as files of its state folder: one for each client of a run, whole or not there. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Precision } from "../../shared/kernels/module.ts";
import type { Keepsake, Kept } from "../../shared/protocol/kept.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../../shared/tensor/safetensors.ts";
import type { Keeper } from "./keeper.ts";

/** @param folder of one run; made when something is kept */
export function fileKeeper(folder: string, precision: Precision): Keeper {
  const fileOf = (client: string): string => join(folder, `${Buffer.from(client).toString("hex")}.kept`);
  return {
    read(client) {
      const file = fileOf(client);
      if (!existsSync(file)) return {};
      const { tensors, metadata } = decodeSafetensors(readFileSync(file), file);
      const one = (name: keyof Kept): Keepsake | undefined => {
        const values = tensors.get(name)?.data;
        const fits = precision === "float32" ? values instanceof Float32Array : values instanceof Float64Array;
        return fits ? { round: Number(metadata[name]), values: values as Keepsake["values"] } : undefined;
      };
      return { committed: one("committed"), proposed: one("proposed") };
    },
    write(client, { committed, proposed }) {
      const tensors = new Map<string, Tensor>();
      const rounds: Record<string, string> = {};
      for (const [name, kept] of Object.entries({ committed, proposed })) {
        if (kept === undefined) continue;
        tensors.set(name, { shape: [kept.values.length], data: kept.values });
        rounds[name] = String(kept.round);
      }
      writeWhole(folder, fileOf(client), encodeSafetensors(tensors, rounds));
    },
  };
}

/** Written beside, fsynced, renamed, and the folder fsynced: a crash leaves the old file or the new one. */
export function writeWhole(folder: string, path: string, bytes: Uint8Array, mode = 0o666): void {
  mkdirSync(folder, { recursive: true });
  const beside = `${path}.partial`;
  const file = openSync(beside, "w", mode);
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(beside, path);
  if (process.platform === "win32") return; // it cannot open a folder, and needs no such call
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
