import { expect, test } from "vitest";
import { experimentJsonSchema } from "../../../shared/experiment/json-schema.ts";

const published = new URL("../../../shared/experiment/experiment.schema.json", import.meta.url).pathname;

test("the published JSON schema is fresh (vitest -u writes it anew)", async () => {
  await expect(experimentJsonSchema()).toMatchFileSnapshot(published);
});

test("the JSON schema allows no unknown key, and says what each key means", () => {
  const schema = JSON.parse(experimentJsonSchema()) as {
    additionalProperties: boolean;
    properties: { seed: { description: string } };
  };
  expect(schema.additionalProperties).toBe(false);
  expect(schema.properties.seed.description).toContain("chance");
});
