/**
 * Rules tried on given rows: what `tributary aggregate` answers with. Beside the rules of an experiment it knows, by the names of
 * the literature, the plain `average`, each step before a rule by itself, a rule after nearest-neighbour mixing
 * (`nnm_then_trimmed_mean`), and the attacks (`attack_alie`), for which all rows count as honest.
 *
 *     answerAggregation({ rule: "krum", params: { f: 1 }, rows: [[1, 2, 3], [4, 5, 6], [7, 8, 9]] })
 *       → { rule: "krum", value: [1, 2, 3], selected: [0], scores: [27, 27, 27] }
 *
 * Kernels, not strategies: rows fewer than a rule is made for are answered all the same.
 */
import { z } from "zod";
import { TributaryError } from "../../shared/errors.ts";
import { aggregationSchema, beforeSchema, type RobustConfig } from "../../shared/experiment/aggregation.ts";
import { decodeOptions } from "../../shared/experiment/decode-options.ts";
import { closest } from "../../shared/experiment/suggest.ts";
import { Random } from "../../shared/random.ts";
import { gaussian, innerProduct, littleIsEnough, minMax, signFlip } from "./attacks.ts";
import { average } from "./bounded.ts";
import { robustRule, robustRules, stepBefore, stepsBefore } from "./catalogue.ts";
import { meanOf } from "./rule.ts";
import { krumScores, squaredDistances } from "./selection.ts";

export interface AggregationAnswer {
  readonly rule: string;
  /** A vector; of a step before a rule, its rows. */
  readonly value: readonly number[] | readonly (readonly number[])[];
  /** Rows that have a part in the value; null where all have. */
  readonly selected: readonly number[] | null;
  /** Krum's, of each row: Σ squared distances to its n − f − 2 nearest. */
  readonly scores?: readonly number[];
}

type Params = Readonly<Record<string, unknown>>;
type Rows = readonly Float64Array[];
type Attempt = (params: Params, rows: Rows, random: Random) => Omit<AggregationAnswer, "rule">;

/** Throws "invalid-option" with what is wrong with the request, "unknown-name" for a rule that there is not. */
export function answerAggregation(request: unknown): AggregationAnswer {
  const { rule, params, rows, seed } = decodeOptions("request", requestSchema, request);
  const vectors = rows.map((row) => Float64Array.from(row));
  const attempt = attemptOf(rule);
  return { rule, ...attempt(params, vectors, Random.seeded(seed).fork("aggregate")) };
}

const number = z.number();
const requestSchema = z.strictObject({
  rule: z.string(),
  params: z.record(z.string(), z.unknown()).default({}),
  rows: z
    .array(z.array(number).min(1))
    .min(1)
    .refine((rows) => rows.every((row) => row.length === rows[0]!.length), { error: "expected rows of one length" }),
  seed: z.int().min(0).default(0),
});

interface Attack {
  readonly params: z.ZodObject;
  readonly attempt: (params: Readonly<Record<string, number>>, rows: Rows, random: Random) => Float64Array;
}

const tau = z.strictObject({ tau: number });
const none = z.strictObject({});
const attacks: Readonly<Record<string, Attack>> = {
  "attack-sign-flip": { params: none, attempt: (_, rows) => signFlip(rows) },
  "attack-ipm": { params: tau, attempt: (own, rows) => innerProduct(rows, own["tau"]!) },
  "attack-alie": { params: tau, attempt: (own, rows) => littleIsEnough(rows, own["tau"]!) },
  "attack-min-max": { params: none, attempt: (_, rows) => minMax(rows) },
  "attack-gaussian": {
    params: z.strictObject({ sigma: number.positive().default(1) }),
    attempt: (own, rows, random) => gaussian(rows[0]!.length, own["sigma"]!, random),
  },
  "attack-zeros": { params: none, attempt: (_, rows) => meanOf(rows).fill(0) },
};

function attackAlone({ params: schema, attempt }: Attack): Attempt {
  return (params, rows, random) => {
    const own = decodeOptions("params", schema, params) as Readonly<Record<string, number>>; // all of them are numbers
    return whole(attempt(own, rows, random));
  };
}

const whole = (value: Float64Array): ReturnType<Attempt> => ({ value: [...value], selected: null });

export interface ListedAggregation {
  readonly rule: string;
  readonly kind: "rule" | "step" | "attack";
  /** The JSON schema of each parameter. */
  readonly params: Readonly<Record<string, unknown>>;
}

const listed = (
  rule: string,
  kind: ListedAggregation["kind"],
  params: ListedAggregation["params"],
): ListedAggregation => ({
  rule: rule === "centred-clipping" ? "centered_clipping" : rule.replaceAll("-", "_"), // as the literature writes it
  kind,
  params,
});

/** Everything that is answered, as it is written on the command line. */
export const aggregationList: readonly ListedAggregation[] = [
  listed("average", "rule", {}),
  ...parametersOf(aggregationSchema, "rule")
    .filter(([name]) => name in robustRules)
    .map(([name, params]) => listed(name, "rule", params)),
  ...parametersOf(beforeSchema, "kind").map(([name, params]) => listed(name, "step", params)),
  ...Object.entries(attacks).map(([name, { params }]) => listed(name, "attack", propertiesOf(params))),
];

/** Of each alternative, its name and its parameters: the client that a rule trusts is a row here. */
function parametersOf(schema: z.ZodType, key: string): (readonly [string, Readonly<Record<string, unknown>>])[] {
  const { oneOf = [] } = z.toJSONSchema(schema, { io: "input" });
  return oneOf.map((alternative) => {
    const {
      [key]: name,
      before: _,
      root,
      ...params
    } = (alternative as { properties: Record<string, unknown> }).properties;
    const trusted = root === undefined ? {} : { trusted_row: { type: "integer", minimum: 0, default: 0 } };
    return [(name as { const: string }).const, { ...params, ...trusted }] as const;
  });
}

function propertiesOf(schema: z.ZodType): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(schema, { io: "input" }).properties ?? {};
}

/** Other names of the same rules. */
const aliases: Readonly<Record<string, string>> = {
  mean: "average",
  "centered-clipping": "centred-clipping",
  "krum-paper": "krum",
};

function attemptOf(written: string): Attempt {
  const hyphened = written.replaceAll("_", "-");
  const name = aliases[hyphened] ?? hyphened;
  const mixed = /^(.+)-then-(.+)$/.exec(name);
  if (mixed !== null && mixed[1]! in stepsBefore) return afterStep(mixed[1]!, mixed[2]!);
  if (name === "average") return (_, rows) => whole(average.choose(rows, { random: Random.seeded(0) }).value);
  if (name in attacks) return attackAlone(attacks[name]!);
  if (name in stepsBefore) return stepAlone(name);
  if (name in robustRules) return ruleAlone(name);
  const near = closest(
    written,
    aggregationList.map(({ rule }) => rule),
  );
  const advice = near === undefined ? "tributary aggregate --list shows them all" : `did you mean ${near}?`;
  throw new TributaryError("unknown-name", `There is no rule ${written}: ${advice}`);
}

function stepAlone(kind: string): Attempt {
  return (params, rows, random) => {
    const config = decodeOptions("params", beforeSchema, { kind, ...params });
    mustBeAMinority(config, rows);
    const step = stepBefore(config);
    return { value: step.apply(rows, random).rows.map((row) => [...row]), selected: null };
  };
}

function ruleAlone(rule: string): Attempt {
  return (params, rows, random) => {
    const { trusted_row: root = 0, exact: _, ...own } = params;
    if (!Number.isInteger(root) || !((root as number) in rows)) {
      throw new TributaryError(
        "invalid-option",
        `params.trusted_row: expected a row of 0 … ${rows.length - 1}, got ${JSON.stringify(root)}`,
      );
    }
    const wantsRoot = rule === "fltrust" || rule === "monna";
    const config = decodeOptions("params", aggregationSchema, {
      rule,
      ...own,
      ...(wantsRoot && { root: "row" }),
    }) as RobustConfig;
    mustBeAMinority(config, rows);
    const { value, selected } = robustRule(config).choose(rows, { random, root: root as number });
    const everyone = rows.map((__, i) => i);
    const scores =
      config.rule === "krum" || config.rule === "multi-krum"
        ? { scores: [...krumScores(squaredDistances(rows), config.f, everyone)] }
        : {};
    return { value: [...value], selected, ...scores };
  };
}

/** No rule can tell liars from others where they are as many. */
function mustBeAMinority(config: object, rows: readonly Float64Array[]): void {
  const f = "f" in config ? Number(config.f) : 0;
  if (2 * f < rows.length) return;
  throw new TributaryError("invalid-option", `params.f: expected fewer than half of the ${rows.length} rows, got ${f}`);
}

/** Both are told the same f. */
function afterStep(kind: string, rule: string): Attempt {
  return (params, rows, random) => {
    const own = decodeOptions("params", z.looseObject({ f: z.int().min(0) }), params);
    return ruleAlone(rule)({ ...own, before: [{ kind, f: own.f }] }, rows, random);
  };
}
