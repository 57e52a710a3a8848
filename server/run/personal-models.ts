/**
 * The clients' own models as files, one for each client, where they are kept on this machine: of a simulation, when it is asked for. Over a
 * network they stay with their clients, whose workers write them (`client/work/own-model.ts`).
 */
import { join } from "node:path";
import type { Preprocessing } from "../../shared/data/schema.ts";
import { TributaryError } from "../../shared/errors.ts";
import { encodeModelFile } from "../../shared/experiment/model-file.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import type { Vector } from "../../shared/protocol/task.ts";
import type { RunState } from "../round/learning-parts.ts";
import { makeFolder, writeDurably } from "../store/durable.ts";
import { tensorsOf } from "./conclude.ts";
import type { Setting } from "./setting.ts";

/** Throws "invalid-option" where nobody has a model that could be written. */
export function mustHaveOwnModels({ federation }: Experiment): void {
  const kind = federation.mode === "update" ? federation.personal.kind : "none";
  if (kind === "parts" || kind === "ditto") return;
  throw new TributaryError(
    "invalid-option",
    kind === "none"
      ? "Expected models of the clients' own to write, got federation.personal: none: choose parts, or ditto"
      : "Models that are fine-tuned are made anew for each evaluation, and kept by nobody here: choose parts or ditto, or ask the workers of a network",
  );
}

export interface OwnModels {
  readonly folder: string;
  readonly experiment: Experiment;
  readonly setting: Setting;
  readonly preprocessing: Preprocessing;
}

/** Writes `<client>.safetensors` for every client: the model by which it is evaluated. One that never took part has everybody's. */
export function writeOwnModels(
  { model: { parameters }, kept }: Pick<RunState, "model" | "kept">,
  { folder, experiment, setting, preprocessing }: OwnModels,
): void {
  const { assignment, compiled, clients } = setting;
  makeFolder(folder);
  for (const { client } of clients) {
    const whole = parameters.slice();
    const own = kept?.get(client);
    if (own !== undefined) place(own, whole, assignment.personal, compiled.layout.places);
    const tensors = tensorsOf(compiled.layout, whole, experiment);
    writeDurably(join(folder, ownModelFile(client)), encodeModelFile({ tensors, experiment, preprocessing }));
  }
}

/** A name that every client's model can have on every file system. */
export const ownModelFile = (client: string): string => `${encodeURIComponent(client)}.safetensors`;

/** What a client keeps, put in its place. */
function place(
  own: Vector,
  whole: Float64Array,
  personal: Setting["assignment"]["personal"],
  places: Setting["compiled"]["layout"]["places"],
): void {
  if (personal?.kind !== "parts") {
    whole.set(own);
    return;
  }
  let at = 0;
  for (const name of personal.keep) {
    const { offset, size } = places.find((one) => one.name === name)!; // the setting has found them there
    whole.set(own.subarray(at, (at += size)), offset);
  }
}
