/**
 * A request to try a loss, as JSON, and what it asks for: the loss with its options settled, the batch, the rows' weights.
 *
 *     {"loss":"huber","options":{"delta":2},"inputs":{"prediction":{…},"target":{…},"weight":{…}},"precision":"float64"}
 *
 * `inputs.weight` [batch] are the weights of the rows; an option that is a list (`classMask`) may come as an input too. Other
 * keys, such as an id, are passed over.
 */
import { TributaryError } from "../errors.ts";
import { optionNames } from "../experiment/decode-options.ts";
import { closest, hint } from "../experiment/suggest.ts";
import { input } from "../graph/build.ts";
import type { Precision } from "../kernels/engine-interface.ts";
import { losses } from "../losses/catalogue.ts";
import { misfits } from "../losses/domain.ts";
import { checkedInputs, formsOf, type Drawn, type InputSpecs, type InputValues } from "../losses/inputs.ts";
import type { BoundLoss, Loss } from "../losses/loss.ts";
import { formWords, isRecord, numberOf, show, tensorProblems, valuesFor, type TensorJson } from "./trial-tensor.ts";

export interface TrialRequest {
  readonly loss: BoundLoss;
  readonly batch: Drawn;
  /** One for each row. */
  readonly weights: readonly number[];
  readonly precision: Precision;
}

const keys = ["loss", "options", "inputs", "precision"];

/** Throws "invalid-option" with every problem of the request, each by the name of what it is about. */
export function decodeTrial(request: unknown): TrialRequest {
  if (!isRecord(request)) throw refusal([`expected an object with ${keys.join(", ")}, got ${show(request)}`]);
  const problems = Object.keys(request).flatMap((key) => {
    const near = keys.includes(key) ? undefined : closest(key, keys);
    return near === undefined || near in request ? [] : [`"${key}" is not a known key: did you mean "${near}"?`];
  });
  const { loss: name, options = {}, inputs, precision = "float64" } = request;
  if (precision !== "float64" && precision !== "float32")
    problems.push(`expected the precision "float64" or "float32", got ${show(precision)}`);
  if (!isRecord(options)) problems.push(`expected options as an object, got ${show(options)}`);
  if (!isRecord(inputs)) problems.push(`expected inputs as an object of tensors, got ${show(inputs)}`);
  const loss = lossNamed(name);
  if (typeof loss === "string") problems.push(loss);
  if (typeof loss === "string" || !isRecord(inputs) || !isRecord(options)) throw refusal(problems);

  const bound = bind(loss, { ...optionsAmong(inputs, loss), ...options }, problems);
  const specs = specsOf(loss, bound, problems);
  const tensors = tensorsAmong(inputs, loss, specs, problems);
  const batch = batchOf(specs, tensors, problems);
  const weights = weightsOf(tensors["weight"], batch, problems);
  if (problems.length === 0 && bound !== undefined) checkTogether(bound, batch, weights, problems);
  if (problems.length > 0 || bound === undefined) throw refusal(problems);
  return { loss: bound, batch, weights, precision: precision as Precision };
}

const refusal = (problems: readonly string[]): TributaryError =>
  new TributaryError("invalid-option", problems.join("; "));

/** The loss of the catalogue, or why there is none. */
function lossNamed(name: unknown): Loss | string {
  const known: Readonly<Record<string, Loss>> = losses;
  if (typeof name !== "string") return `expected the name of a loss, got ${show(name)}`;
  if (Object.hasOwn(known, name)) return known[name]!;
  const near = closest(name, Object.keys(known));
  const advice = near === undefined ? "tributary loss --list shows them all" : `did you mean "${near}"?`;
  return `there is no loss ${show(name)}: ${advice}`;
}

/**
 * What a loss takes under these options: an inner loss brings its own inputs. Throws "invalid-option" where nothing is known of them,
 * since the options do not fit.
 */
export function inputsUnder(loss: Loss, options: Readonly<Record<string, unknown>>): InputSpecs {
  const problems: string[] = [];
  return specsOf(loss, bind(loss, options, problems), problems);
}

function specsOf(loss: Loss, bound: BoundLoss | undefined, problems: readonly string[]): InputSpecs {
  if (bound === undefined && Object.keys(loss.inputs).length === 0) throw refusal(problems);
  return bound?.inputs ?? loss.inputs;
}

/** The options that came as inputs. */
const optionsAmong = (inputs: Readonly<Record<string, unknown>>, loss: Loss): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(inputs).flatMap(([name, given]) => {
      if (name in loss.inputs || !optionNames(loss.options).includes(name) || tensorProblems(given).length > 0)
        return [];
      const { dtype, data } = given as TensorJson; // without problems it is one
      return [[name, dtype === "bool" ? data.map(Boolean) : data]];
    }),
  );

/** The inputs that are sound tensors. */
function tensorsAmong(
  inputs: Readonly<Record<string, unknown>>,
  loss: Loss,
  specs: InputSpecs,
  problems: string[],
): Record<string, TensorJson> {
  const tensors: Record<string, TensorJson> = {};
  const known = [...Object.keys(specs), "weight"];
  for (const [name, given] of Object.entries(inputs)) {
    const isInput = known.includes(name);
    if (!isInput && !optionNames(loss.options).includes(name)) {
      problems.push(`"${name}" is not an input of ${loss.name}: ${hint(name, known)}`);
      continue;
    }
    const wrong = tensorProblems(given);
    problems.push(...wrong.map((problem) => `"${name}" ${problem}`));
    if (wrong.length === 0 && isInput) tensors[name] = given as TensorJson; // without problems it is one
  }
  for (const [name, spec] of Object.entries(specs)) {
    const forms = formsOf(spec);
    if (name in inputs || forms.some(({ optional }) => optional)) continue;
    problems.push(`expected the input "${name}" as ${forms.map(formWords).join(" or ")}, got none`);
  }
  return tensors;
}

function bind(loss: Loss, options: Readonly<Record<string, unknown>>, problems: string[]): BoundLoss | undefined {
  try {
    return loss.bind(options);
  } catch (error) {
    if (!(error instanceof TributaryError)) throw error;
    problems.push(error.message);
    return undefined;
  }
}

function batchOf(specs: InputSpecs, tensors: Readonly<Record<string, TensorJson>>, problems: string[]): Drawn {
  const batch: Record<string, InputValues> = {};
  for (const name of Object.keys(specs)) {
    const tensor = tensors[name];
    if (tensor === undefined) continue;
    const values = valuesFor(specs, name, tensor);
    if (typeof values === "string") problems.push(`"${name}" ${values}`);
    else batch[name] = values;
  }
  return batch;
}

function weightsOf(tensor: TensorJson | undefined, batch: Drawn, problems: string[]): readonly number[] {
  const rows = Object.values(batch)[0]?.shape[0] ?? 0;
  if (tensor === undefined) return new Array<number>(rows).fill(1);
  const weights = tensor.data.map(numberOf);
  if (tensor.shape.length !== 1 || (Object.keys(batch).length > 0 && weights.length !== rows))
    problems.push(`"weight" expected one number for each of ${rows} rows, got the shape [${tensor.shape.join(", ")}]`);
  const bad = weights.findIndex((weight) => !(weight >= 0 && weight < Infinity));
  if (bad >= 0) problems.push(`"weight" expected finite numbers of at least 0, got ${weights[bad]} at data[${bad}]`);
  return weights;
}

/** What can only be asked once every input is sound by itself. */
function checkTogether(loss: BoundLoss, batch: Drawn, weights: readonly number[], problems: string[]): void {
  const nodes = Object.entries(batch).map(([name, { shape, dtype }]) => [name, input(name, shape, dtype)] as const);
  try {
    checkedInputs(loss.name, loss.inputs, Object.fromEntries(nodes));
  } catch (error) {
    if (!(error instanceof TributaryError)) throw error;
    problems.push(error.message);
    return;
  }
  problems.push(...misfits(loss, batch, weights));
}
