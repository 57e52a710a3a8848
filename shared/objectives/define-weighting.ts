import { z } from "zod";
import { TributaryError } from "../errors.ts";
import { decodeOptions } from "../experiment/decode-options.ts";
import type { Needs, Weighting } from "./weighting.ts";

/**
 * What a method claims of its direction d, and the laws (`weighting-laws.ts`) hold it to. A claim may depend on the options.
 */
export interface Promises<Options> {
  /** Jd ≥ 0: no objective gets worse, to first order. */
  readonly nonConflicting?: (options: Options) => boolean;
  /** d grows by k to this power when every row does, the losses as they are. Left out: by no power. */
  readonly degree?: (options: Options) => number;
  /** A new order of the objectives changes their order alone. @default true */
  readonly equivariant?: (options: Options) => boolean;
  /** Whether it reads the losses, and whether they must be above 0. @default "any" from losses, else "ignored" */
  readonly losses?: "ignored" | "any" | "positive";
}

export interface MethodDefinition<Schema extends z.ZodObject, State, N extends Needs> {
  /** kebab-case: what an experiment calls it. */
  readonly name: string;
  readonly summary: string;
  readonly needs: N;
  readonly options: Schema;
  readonly promises?: Promises<z.output<Schema>>;
  /** The weighting for objectives of these names, in this order. */
  readonly create: (
    options: z.output<Schema>,
    objectives: readonly string[],
  ) => Omit<Extract<Weighting<State>, { needs: N }>, "name" | "needs">;
}

/** A way to weigh objectives: its options as a schema, and for given options and objectives an init/step pair. */
export interface Method {
  readonly name: string;
  readonly summary: string;
  readonly needs: Needs;
  readonly options: z.ZodObject;
  readonly promises: (options: object) => {
    readonly nonConflicting: boolean;
    readonly degree: number | undefined;
    readonly equivariant: boolean;
    readonly losses: "ignored" | "any" | "positive";
  };
  /** Throws "invalid-option" for options it does not know or that are out of range, all of them together. */
  readonly bind: (options: object, objectives: readonly string[]) => Weighting;
}

/**
 * A weighting of one's own, held to the same laws as those of the catalogue:
 *
 *     const byLoss = defineWeighting({
 *       name: "by-loss",
 *       summary: "Objectives count as much as they lose.",
 *       needs: "losses",
 *       options: z.strictObject({}),
 *       promises: { degree: () => 1 },
 *       create: () => ({ init: () => null, step: (state, { losses }) => ({ weights: losses, state }) }),
 *     });
 *     checkWeighting(byLoss);                                // throws with every law it breaks
 *     byLoss.bind({}, ["disease", "severity"]).step(…);
 *
 * An experiment names the module whose default export it is, which the coordinator runs:
 *
 *     weighting: { method: module, path: ./by-loss.mjs }
 */
export function defineWeighting<Schema extends z.ZodObject, State, N extends Needs>(
  definition: MethodDefinition<Schema, State, N>,
): Method {
  const { name, summary, needs, options: schema, promises = {}, create } = definition;
  const decoded = (options: object): z.output<Schema> => decodeOptions(name, schema, options);
  return {
    name,
    summary,
    needs,
    options: schema,
    promises(options) {
      const chosen = decoded(options);
      return {
        nonConflicting: promises.nonConflicting?.(chosen) ?? false,
        degree: promises.degree?.(chosen),
        equivariant: promises.equivariant?.(chosen) ?? true,
        losses: promises.losses ?? (needs === "losses" ? "any" : "ignored"),
      };
    },
    bind: (options, objectives) => {
      const pair = create(decoded(options), objectives);
      return { name, needs, ...pair } as unknown as Weighting; // `needs` and the argument of `step` were declared together
    },
  };
}

/** One number for each objective: in the experiment's order, or by name, those left out being `otherwise`. */
export const perObjective = (number: z.ZodNumber) => z.union([z.array(number), z.record(z.string(), number)]);
export type PerObjective = z.output<ReturnType<typeof perObjective>>;

/** Objective → its number. Throws "invalid-option" for a list of another length, or a name there is not. */
export function byObjective(
  given: PerObjective | undefined,
  objectives: readonly string[],
  otherwise: number,
): ReadonlyMap<string, number> {
  if (given === undefined) return new Map(objectives.map((name) => [name, otherwise]));
  if (Array.isArray(given)) {
    if (given.length !== objectives.length)
      throw new TributaryError(
        "invalid-option",
        `Expected ${objectives.length} numbers, one per objective, got ${given.length}`,
      );
    return new Map(objectives.map((name, i) => [name, given[i]!]));
  }
  for (const name of Object.keys(given)) {
    if (!objectives.includes(name))
      throw new TributaryError(
        "invalid-option",
        `There is no objective "${name}": expected one of ${objectives.join(", ")}`,
      );
  }
  return new Map(objectives.map((name) => [name, given[name] ?? otherwise]));
}

/** Those numbers for the objectives of a round. */
export const at = (numbers: ReadonlyMap<string, number>, names: readonly string[]): Float64Array =>
  Float64Array.from(names, (name) => numbers.get(name)!);
