import { join } from "node:path";
import type { Standardization } from "../../shared/data/schema.ts";
import { encodeModelFile } from "../../shared/experiment/model-file.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import type { Tensor } from "../../shared/tensor/safetensors.ts";
import { writeWhole } from "../room/file-keeper.ts";
import type { Room } from "../room/room.ts";

export interface OwnModel {
  readonly folder: string;
  readonly client: string;
  readonly experiment: Experiment;
  /** Everybody's; undefined where none is needed, or the client has its own. */
  readonly standardization: Standardization | undefined;
}

/** Writes the model that has just been evaluated, which is the client's own, as a model file: `<client>.safetensors`. */
export function writeOwnModel({ folder, client, experiment, standardization }: OwnModel, room: Room): void {
  const { program, parameters, slices } = room.evaluation;
  const shapes = new Map(program.inputs.map(({ name, shape }) => [name, shape]));
  const tensors = new Map(
    slices.map(({ name, offset, size }): [string, Tensor] => {
      const data = parameters.slice(offset, offset + size);
      return [name, { shape: shapes.get(name) ?? [size], data }];
    }),
  );
  const preprocessing = { schema: room.assignment.schema, ...(standardization && { standardization }) };
  const file = join(folder, `${encodeURIComponent(client)}.safetensors`);
  writeWhole(folder, file, encodeModelFile({ tensors, experiment, preprocessing }));
}
