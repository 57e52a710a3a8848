import { expect, test } from "vitest";
import { closest, hint } from "../../../shared/experiment/suggest.ts";

test.each([
  ["mgdaa", "mgda"],
  ["nahs-mtl", "nash-mtl"],
  ["nash", "nash-mtl"],
  ["NASH", "nash-mtl"],
  ["mg", undefined],
  ["grad", undefined], // two begin with it
  ["entirely-else", undefined],
])("%s probably means %s", (given, meant) => {
  expect(closest(given, ["mgda", "nash-mtl", "grad-norm", "grad-vac"])).toBe(meant);
});

test("where nothing is near, all there is is named", () => {
  expect(hint("entirely-else", ["mgda", "cagrad"])).toBe("expected one of mgda, cagrad");
});
