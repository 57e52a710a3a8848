import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { askOn, takeProposals } from "../../../cli/questions.ts";

test("answers typed ahead are kept, empty ones take the proposal, and an end is not waited for", async () => {
  const input = new PassThrough();
  const output = new PassThrough();
  const { ask, close } = askOn(input, output);
  input.end("first\n\n  third  \n");
  expect(await ask("one?", "a")).toBe("first");
  expect(await ask("two?", "b")).toBe("b");
  expect(await ask("three?", "c")).toBe("third");
  await expect(ask("four?", "d")).rejects.toThrow("No answer to: four?");
  expect(String(output.read())).toContain("  one? [a] ");
  close();
});

test("where nobody can be asked every proposal is taken", async () => {
  expect(await takeProposals("anything?", "yes")).toBe("yes");
});
