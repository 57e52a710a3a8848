/** What a loss declares of itself, as JSON: what `tributary loss --list --json` prints, and what its page is made of. */
import { z } from "zod";
import type { DType } from "../graph/graph.ts";
import { dtypeOf, formsOf, type Holds } from "./inputs.ts";
import type { Loss } from "./loss.ts";

export interface DescribedForm {
  readonly dtype: DType;
  readonly holds: Holds;
  /** Names of axes; "…" stands for any further ones or none. */
  readonly axes: readonly string[];
  /** Whole numbers below the length of this axis. */
  readonly below?: string;
  /** Value and gradient are finite up to this size. */
  readonly within?: number;
}

export interface DescribedInput {
  /** model: differentiable. data: given. */
  readonly from: "model" | "data";
  readonly optional: boolean;
  readonly forms: readonly DescribedForm[];
}

export interface LossDescription {
  readonly name: string;
  readonly version: number;
  readonly kind: Loss["kind"];
  readonly unit: string;
  readonly measure: string;
  readonly inputs: Readonly<Record<string, DescribedInput>>;
  /** Option by option as JSON Schema: type, default, bounds. */
  readonly options: Readonly<Record<string, OptionSchema>>;
}

export interface OptionSchema {
  readonly default?: unknown;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
  readonly [key: string]: unknown;
}

export function describeLoss({ name, version, kind, unit, measure, inputs, options }: Loss): LossDescription {
  const described = Object.entries(inputs).map(([input, spec]): readonly [string, DescribedInput] => {
    const forms = formsOf(spec);
    const [first] = forms;
    return [
      input,
      {
        from: first!.from, // an input has at least one form
        optional: forms.some((form) => form.optional),
        forms: forms.map((form) => ({
          dtype: dtypeOf(form),
          holds: form.holds,
          axes: form.axes,
          ...(form.below !== undefined && { below: form.below }),
          ...((form.from === "model" || form.within !== undefined) && { within: form.within ?? 1e4 }),
        })),
      },
    ];
  });
  return { name, version, kind, unit, measure, inputs: Object.fromEntries(described), options: optionSchemas(options) };
}

function optionSchemas(options: z.ZodType): Readonly<Record<string, OptionSchema>> {
  const schema = z.toJSONSchema(options, { io: "input", unrepresentable: "any" });
  const properties = (schema.properties ?? {}) as Readonly<Record<string, OptionSchema>>;
  return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, bounded(property)]));
}

/** Without the bounds that every whole number has. */
const bounded = (property: OptionSchema): OptionSchema =>
  Object.fromEntries(
    Object.entries(property).filter(
      ([, value]) => value !== Number.MAX_SAFE_INTEGER && value !== Number.MIN_SAFE_INTEGER,
    ),
  );

/** What an option takes, in words: "a number above 0", "sigmoid | robust | hinge". */
export function optionWords(schema: OptionSchema): string {
  const { type, enum: choices, anyOf, items, const: only } = schema;
  if (Array.isArray(choices)) return choiceWords(choices.map(String));
  if (only !== undefined) return JSON.stringify(only);
  if (Array.isArray(anyOf)) return (anyOf as OptionSchema[]).map(optionWords).join(", or ");
  if (type === "array") return `a list, each ${optionWords((items ?? {}) as OptionSchema)}`;
  if (type === "boolean") return "true or false";
  if (type === "null") return "null";
  if (type !== "number" && type !== "integer") return typeof type === "string" ? type : "any";
  return `${type === "integer" ? "a whole number" : "a number"}${range(schema)}`;
}

/** A page has no room for every name of a catalogue. */
const choiceWords = (names: readonly string[]): string =>
  names.length <= 12 ? names.join(" | ") : `${names.slice(0, 4).join(" | ")} | … (${names.length} names)`;

function range({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: OptionSchema): string {
  const low = [
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
    ...(exclusiveMaximum === undefined ? [] : [`below ${exclusiveMaximum}`]),
  ];
  return low.length === 0 ? "" : ` ${low.join(" and ")}`;
}
