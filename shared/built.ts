import { fileURLToPath } from "node:url";

/**
 * The one place where source and build differ: tests run `shared/built.ts`, everything else `dist/shared/built.js`. What cannot
 * be source on Node 20 — the kernels' WASM, the entry of a worker thread — is asked for here and always lies below dist/.
 *
 *     builtFile("shared/kernels/kernels.wasm")   // …/dist/shared/kernels/kernels.wasm, from either side
 */
export const builtFile = (pathInDist: string): string => fileURLToPath(new URL(pathInDist, dist));

/** A folder that is published as it is, beside dist/: `proto`. */
export const houseFolder = (name: string): string => fileURLToPath(new URL(`../${name}`, dist));

const dist = new URL(import.meta.url.endsWith(".ts") ? "../dist/" : "../", import.meta.url);
