/** The name of a model: SHA-256 of the canonical safetensors bytes of its tensors, without metadata. */
import { createHash } from "node:crypto";
import { TributaryError } from "../errors.ts";
import { encodeSafetensors, type Tensor } from "./safetensors.ts";

/** Equal tensors, equal hash. Throws "diverged" for NaN, whose bits differ between CPUs. */
export function modelHash(tensors: ReadonlyMap<string, Tensor>): `sha256:${string}` {
  for (const [name, { data }] of tensors) {
    for (const value of data) {
      if (Number.isNaN(value))
        throw new TributaryError("diverged", `The parameter "${name}" holds NaN: it has no hash`);
    }
  }
  return `sha256:${createHash("sha256").update(encodeSafetensors(tensors)).digest("hex")}`;
}
