import type { Program } from "../graph/program.ts";
import type { ParameterPlace } from "../tensor/parameters.ts";
import type { Stretch } from "./combine.ts";

type Placed = Pick<ParameterPlace, "name" | "offset" | "size" | "scope">;

/** Which objectives train which stretch of the flat vector, from a program whose outputs are `objective/<name>/gradient/<parameter>`. */
export function stretchesOf(
  { outputs }: Pick<Program, "outputs">,
  { places }: { readonly places: readonly Placed[] },
): Stretch[] {
  const trainers = new Map<string, string[]>();
  for (const output of Object.keys(outputs)) {
    const [, objective, parameter] = /^objective\/([^/]+)\/gradient\/(.+)$/.exec(output) ?? [];
    if (objective === undefined || parameter === undefined) continue;
    trainers.set(parameter, [...(trainers.get(parameter) ?? []), objective]);
  }
  const stretches: Stretch[] = [];
  for (const { name, offset, size, scope } of places) {
    if (scope !== "shared") continue;
    const objectives = trainers.get(name) ?? [];
    const before = stretches.at(-1);
    if (before?.to === offset && before.objectives.join("/") === objectives.join("/"))
      stretches[stretches.length - 1] = { ...before, to: offset + size };
    else stretches.push({ from: offset, to: offset + size, objectives });
  }
  return stretches;
}
