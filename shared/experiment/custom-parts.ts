import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { TributaryError } from "../errors.ts";
import type { CompileOptions } from "./compile.ts";
import { checkLoss } from "../losses/check.ts";
import type { BoundLoss, Loss } from "../losses/loss.ts";
import { isModule } from "./goals.ts";
import { importDefault, mustExist } from "./import-default.ts";
import type { Experiment } from "./schema.ts";
import type { defineModel } from "../models/model.ts";
import { decodeSafetensors } from "../tensor/safetensors.ts";

/**
 * What an experiment brings along in files of its own: a model's module and initial weights. The module runs here, with the author
 * of the experiment; clients get the program that comes of it, never the code.
 */
export async function customParts({ model, objectives }: Experiment, folder: string): Promise<CompileOptions> {
  const { trunk, initial } = model;
  const losses: Record<string, BoundLoss> = {};
  for (const [name, { loss }] of Object.entries(objectives)) {
    if (isModule(loss))
      losses[name] = await importLoss(resolve(folder, loss.path), loss.options, `objectives.${name}.loss`);
  }
  return {
    ...(trunk.kind === "module" && {
      customModel: (await importModel(resolve(folder, trunk.path))).bind(trunk.options),
    }),
    ...(Object.keys(losses).length > 0 && { customLosses: losses }),
    ...("file" in initial && { initialTensors: readTensors(resolve(folder, initial.file)) }),
  };
}

async function importModel(path: string): Promise<ReturnType<typeof defineModel>> {
  const model = (await importDefault(path, "model.trunk")) as ReturnType<typeof defineModel> | undefined;
  if (typeof model?.bind === "function") return model;
  throw new TributaryError(
    "invalid-experiment",
    `model.trunk: expected ${path} to export a model made by defineModel as its default`,
  );
}

/** A loss of one's own, bound to its options. */
async function importLoss(path: string, options: object, wantedBy: string): Promise<BoundLoss> {
  const loss = (await importDefault(path, wantedBy)) as Loss | undefined;
  if (typeof loss?.bind === "function" && "inputs" in loss) {
    checkLoss(loss, options);
    return loss.bind(options);
  }
  throw new TributaryError(
    "invalid-experiment",
    `${wantedBy}: expected ${path} to export a loss made by defineLoss as its default`,
  );
}

function readTensors(path: string): ReturnType<typeof decodeSafetensors>["tensors"] {
  mustExist(path, "model.initial");
  return decodeSafetensors(readFileSync(path), path).tensors;
}
