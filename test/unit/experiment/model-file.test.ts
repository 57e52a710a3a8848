import { expect, test } from "vitest";
import { decodeExperiment } from "../../../shared/experiment/decode.ts";
import { decodeModelFile, encodeModelFile } from "../../../shared/experiment/model-file.ts";
import { encodeSafetensors } from "../../../shared/tensor/safetensors.ts";
import { smallExperiment } from "../../support/experiments.ts";

const experiment = decodeExperiment("small.yaml", smallExperiment);
const model = {
  tensors: new Map([["heads/goal/weight", { shape: [2, 1], data: new Float64Array([1, 2]) }]]),
  experiment,
  preprocessing: { schema: experiment.data, standardization: { columns: ["x1"], fill: [0], center: [1], scale: [2] } },
};

test("a model file gives back tensors, experiment and preprocessing", () => {
  expect(decodeModelFile(encodeModelFile(model), "m.safetensors")).toEqual(model);
});

test("a flipped bit in the parameters is noticed", () => {
  const bytes = encodeModelFile(model);
  bytes[bytes.length - 1]! ^= 1;
  expect(() => decodeModelFile(bytes, "m.safetensors")).toThrow("m.safetensors is damaged");
});

test("other tensors, and an experiment that no longer decodes, are refused by name", () => {
  expect(() => decodeModelFile(encodeSafetensors(model.tensors), "m.safetensors")).toThrow(
    "m.safetensors is not a trained model",
  );
  const old = encodeModelFile({ ...model, experiment: { ...experiment, name: "a/b" } });
  expect(() => decodeModelFile(old, "m.safetensors")).toThrow("m.safetensors: its experiment cannot be read (name: ");
});
