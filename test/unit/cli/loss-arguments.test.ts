import { describe, expect, test } from "vitest";
import { readArguments, requestOf } from "../../../cli/loss-arguments.ts";
import { typedExample } from "../../../cli/loss-page.ts";
import { losses } from "../../../shared/losses/catalogue.ts";
import { exampleBatch, exampleOptions } from "../../../shared/losses/example.ts";
import type { Loss } from "../../../shared/losses/loss.ts";
import { decodeTrial } from "../../../shared/objectives/trial-request.ts";
import { contextIn } from "../../support/context.ts";

/** The words of a command as a shell parts them. */
const words = (command: string): string[] =>
  [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, bare]) => (single ?? double ?? bare)!);

const typed = (loss: Loss, command: string) => decodeTrial(requestOf(loss, readArguments(words(command))));

test.each(Object.values(losses) as Loss[])("what the page of $name gives to try can be typed", (loss) => {
  const batch = exampleBatch(loss.bind(exampleOptions(loss)));
  const shown = typedExample(loss, batch, contextIn("/"));
  const request = typed(loss, shown.slice(shown.indexOf(" loss ") + " loss ".length));
  expect(request.loss.name).toBe(loss.name);
  expect(Object.keys(request.batch).sort()).toEqual(Object.keys(batch).sort());
});

describe("a loss around another", () => {
  const { cvar, term } = losses;

  test("takes what the other takes, whose options are JSON", () => {
    const { batch } = typed(cvar, `cvar --loss '{"kind":"focal-binary"}' --prediction 1,2 --target 0,1`);
    expect(Object.keys(batch).sort()).toEqual(["prediction", "target"]);
  });

  test("asks for the other where it is missing, before it judges inputs", () => {
    expect(() => typed(term, "term --prediction 1,2 --target 0,1")).toThrow(/^term\.loss: is missing/);
    expect(() => decodeTrial({ loss: "term", inputs: { prediction: 1 } })).toThrow(/^term\.loss: is missing/);
  });
});
