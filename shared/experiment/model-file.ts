/**
 * `model.safetensors`: a trained model with all that is needed to use it. The tensors are the shared parameters and the running
 * statistics; the metadata hold the experiment and the preprocessing, so that the file alone can answer for new rows.
 *
 *     format          "tributary-model-1"
 *     experiment      the resolved experiment, JSON
 *     preprocessing   schema and standardization, JSON (shared/data/schema.ts)
 *     calibration     temperatures by objective, JSON; where there are any
 *     hash            of the tensors (shared/tensor/model-hash.ts)
 */
import type { Preprocessing } from "../data/schema.ts";
import { TributaryError } from "../errors.ts";
import { modelHash } from "../tensor/model-hash.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../tensor/safetensors.ts";
import { parseExperiment } from "./parse.ts";
import type { Experiment } from "./schema.ts";

export interface ModelFile {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly experiment: Experiment;
  /** With global standardization its numbers are in it; a client's own statistics never leave the client. */
  readonly preprocessing: Preprocessing;
  /** Left out where nothing was calibrated. */
  readonly calibration?: Calibration;
}

/** Objective → the temperature T its logits are divided by, and the rows it was found on. */
export type Calibration = Readonly<Record<string, { readonly temperature: number; readonly on: "train" | "test" }>>;

const format = "tributary-model-1";

export const encodeModelFile = ({ tensors, experiment, preprocessing, calibration = {} }: ModelFile): Uint8Array =>
  encodeSafetensors(tensors, {
    format,
    experiment: JSON.stringify(experiment),
    preprocessing: JSON.stringify(preprocessing),
    ...(Object.keys(calibration).length > 0 && { calibration: JSON.stringify(calibration) }),
    hash: modelHash(tensors),
  });

/** Throws "corrupt-run" when the file is no model of ours, or damaged; `place` begins the message. */
export function decodeModelFile(bytes: Uint8Array, place: string): ModelFile {
  const { tensors, metadata } = decodeSafetensors(bytes, place);
  const { format: found, experiment, preprocessing, calibration, hash } = metadata as Partial<Record<string, string>>;
  if (found !== format || experiment === undefined || preprocessing === undefined) {
    throw new TributaryError(
      "corrupt-run",
      `${place} is not a trained model: expected the format ${format}, got ${found ?? "none"}`,
    );
  }
  if (modelHash(tensors) !== hash) {
    throw new TributaryError(
      "corrupt-run",
      `${place} is damaged: its parameters are not those of the hash ${hash ?? "none"}`,
    );
  }
  const parsed = parseExperiment(JSON.parse(experiment));
  if (!("experiment" in parsed)) {
    const [{ path, message }] = parsed.findings as [(typeof parsed.findings)[number]]; // there is no experiment, so there is a finding
    throw new TributaryError("corrupt-run", `${place}: its experiment cannot be read (${path.join(".")}: ${message})`);
  }
  return {
    tensors,
    experiment: parsed.experiment,
    preprocessing: JSON.parse(preprocessing) as Preprocessing, // both as they were encoded
    ...(calibration !== undefined && { calibration: JSON.parse(calibration) as Calibration }),
  };
}
