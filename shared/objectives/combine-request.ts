/**
 * One combination of gradients, asked for and answered as JSON: what `tributary combine --json` speaks.
 *
 *     {"method":"mgda","jacobian":[[-4,1,1],[6,1,1]]}
 *     {"method":"mgda","weights":[0.6,0.4],"direction":[0,1,1],"state":null}
 *
 * The state of an answer belongs into the next request of its method. Losses that a method does not read may be left out, and so
 * may the Jacobian where weights come from losses alone: the direction is then null.
 */
import { z } from "zod";
import { TributaryError } from "../errors.ts";
import { decodeOptions } from "../experiment/decode-options.ts";
import { object } from "../experiment/strict.ts";
import { hint } from "../experiment/suggest.ts";
import { Random } from "../random.ts";
import { weightings } from "./catalogue.ts";
import { weightedSum } from "./combine.ts";
import type { Method } from "./define-weighting.ts";
import { gramian } from "./gramian.ts";
import { mustFollow } from "./trial-state.ts";

const requestSchema = object({
  method: z.string(),
  options: z.record(z.string(), z.json()).default({}),
  jacobian: z.array(z.array(z.number())).min(1).optional().describe("m rows, the gradient of each objective."),
  losses: z.array(z.number()).min(1).optional(),
  state: z.json().default(null).describe("What the last answer said; null at first."),
  names: z.array(z.string()).optional().describe("Of the objectives, for a state by name; 0, 1, … when left out."),
  seed: z.int().min(0).default(0).describe("Of methods that draw."),
});

export interface CombineAnswer {
  readonly method: string;
  readonly weights: readonly number[] | null;
  readonly direction: readonly number[] | null;
  readonly state: unknown;
  /** Where the weights are the slopes of one number. */
  readonly value?: number;
  readonly status?: "stationary";
}

/** Throws "invalid-option" with everything that is wrong with the request, "unknown-name" for a method there is not. */
export function answerCombine(request: unknown): CombineAnswer {
  const decoded = decodeOptions("request", requestSchema, request);
  const { options, jacobian, state: before, seed } = decoded;
  const method = methodOf(decoded.method);
  const { losses: reads } = method.promises(options);
  const m = jacobian?.length ?? decoded.losses?.length;
  if (method.needs !== "losses" && jacobian === undefined) throw missing(method, "a jacobian");
  if (m === undefined || (method.needs !== "rows" && reads !== "ignored" && decoded.losses === undefined))
    throw missing(method, "losses");
  const names = decoded.names ?? Array.from({ length: m }, (_, i) => String(i));
  const losses = Float64Array.from(decoded.losses ?? new Array<number>(m).fill(1));
  mustFit(m, { names, losses, jacobian });
  const weighting = method.bind(options, names);
  const first = weighting.init();
  if (before !== null) mustFollow(method, before, first, jacobian?.[0]?.length ?? 0);
  const state = before ?? first;
  const rows = jacobian?.map((row) => Float64Array.from(row));
  const random = Random.seeded(seed).fork("combine", method.name);
  const seen = { names, losses, random, gramian: rows ? gramian(rows) : [], rows: rows ?? [] };
  const outcome =
    weighting.needs === "losses"
      ? weighting.step(state, seen)
      : weighting.needs === "gramian"
        ? weighting.step(state, seen)
        : weighting.step(state, seen);
  const { weights, status } = outcome;
  const direction = "direction" in outcome ? outcome.direction : rows && weightedSum(rows, outcome.weights);
  if (![...(weights ?? []), ...(direction ?? [])].every(Number.isFinite))
    throw new TributaryError("invalid-option", unbounded(method, before));
  return {
    method: method.name,
    weights: weights === undefined ? null : [...weights],
    direction: direction === undefined ? null : [...direction],
    state: plain(outcome.state),
    ...("value" in outcome && { value: outcome.value }),
    ...(status !== undefined && { status }),
  };
}

const unbounded = ({ name }: Method, before: unknown): string =>
  before === null
    ? `${name} comes to no finite number here: scale the losses and the rows`
    : `${name} comes to no finite number here: give the state of an earlier answer for these very objectives, or none`;

const missing = (method: Method, what: string): TributaryError =>
  new TributaryError("invalid-option", `${method.name} needs ${what}, got none`);

/** A method as it is listed: its options as JSON Schema. */
export const listedMethod = ({ name, needs, summary, options }: Method) => ({
  name,
  needs,
  summary,
  options: z.toJSONSchema(options, { io: "input" }),
});

/** Throws "unknown-name" with the method that was probably meant. */
export function methodOf(name: string): Method {
  const known: Readonly<Record<string, Method>> = weightings;
  if (Object.hasOwn(known, name)) return known[name]!;
  throw new TributaryError("unknown-name", `There is no method ${name}: ${hint(name, Object.keys(known))}`);
}

function mustFit(
  m: number,
  { names, losses, jacobian }: { names: readonly string[]; losses: Float64Array; jacobian: number[][] | undefined },
): void {
  const width = jacobian?.[0]?.length ?? 0;
  const ragged = jacobian?.findIndex((row) => row.length !== width) ?? -1;
  const problems = [
    ...(losses.length === m ? [] : [`Expected ${m} losses, one per row of the jacobian, got ${losses.length}`]),
    ...(names.length === m && new Set(names).size === m
      ? []
      : [`Expected ${m} different names, got ${names.join(", ")}`]),
    ...(ragged < 0 ? [] : [`Expected rows of ${width} numbers, got ${jacobian![ragged]!.length} in row ${ragged}`]),
  ];
  if (problems.length > 0) throw new TributaryError("invalid-option", problems.join("; "));
}

/** With lists of numbers for vectors. */
function plain(value: unknown): unknown {
  if (value instanceof Float64Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
