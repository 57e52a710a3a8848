import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { decodeExperiment } from "../../../shared/experiment/decode.ts";

const house = resolve(import.meta.dirname, "../../..");
const folders = ["examples", "test/bench/experiments"].map((folder) => resolve(house, folder));
const files = folders.flatMap((folder) =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => resolve(folder, file)),
);

describe.each(files)("%s", (file) => {
  const text = readFileSync(file, "utf8");

  test("decodes, and is named after its file", () => {
    const { name } = decodeExperiment(file, text, { folder: dirname(file) });
    expect(`${name}.yaml`).toBe(basename(file));
  });

  test("tells editors where its schema is", () => {
    const [, schema] = /^# yaml-language-server: \$schema=(.+)\n/.exec(text) ?? [];
    expect(resolve(dirname(file), schema ?? "")).toBe(resolve(house, "shared/experiment/experiment.schema.json"));
  });
});
