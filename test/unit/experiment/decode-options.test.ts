import { expect, test } from "vitest";
import { z } from "zod";
import { decodeOptions, optionNames } from "../../../shared/experiment/decode-options.ts";
import { weightings } from "../../../shared/objectives/catalogue.ts";
import type { Method } from "../../../shared/objectives/define-weighting.ts";

const schema = z.strictObject({ c: z.number().min(0).default(0.5), names: z.array(z.string()).optional() });

test("options come with their defaults, and their names from the schema", () => {
  expect(decodeOptions("cagrad", schema, {})).toEqual({ c: 0.5 });
  expect(optionNames(schema)).toEqual(["c", "names"]);
});

test.each<readonly [what: string, given: unknown, said: string]>([
  ["no object", 3, "cagrad: expected a map of keys, got 3"],
  ["a number out of bounds", { c: -1 }, "cagrad.c: expected a number of at least 0, got -1"],
  ["a place in a list", { names: ["a", 1] }, "cagrad.names.1: expected a text, got 1"],
  ["a misspelt name", { nams: [] }, 'cagrad.nams: is not an option: did you mean "names"?'],
  ["everything at once", { c: "x", q: 1, nam: 2 }, 'cagrad.c: expected a number, got "x"; cagrad.q: is not an option: expected one of c, names; cagrad.nam: is not an option: did you mean "names"?'], // prettier-ignore
])("%s is refused in words", (_, given, said) => {
  expect(() => decodeOptions("cagrad", schema, given)).toThrow(expect.objectContaining({ message: said }) as Error);
});

test("what takes no options says so", () => {
  expect(() => decodeOptions("mgda", z.strictObject({}), { c: 1 })).toThrow("mgda.c: is not an option: it has none");
});

test.each(Object.values<Method>(weightings))("$name refuses an option there is not, in words", (method) => {
  expect(() => method.bind({ frobnicate: 1 }, ["a", "b"])).toThrow(`${method.name}.frobnicate: is not an option: `);
});
