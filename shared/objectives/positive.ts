import { TributaryError } from "../errors.ts";

/** Methods that take logarithms of losses cannot take those of 0 and below. */
export function mustBePositive(method: string, names: readonly string[], losses: Float64Array): void {
  const wrong = names.flatMap((name, i) => (losses[i]! > 0 ? [] : [`${name} ${losses[i]!}`]));
  if (wrong.length > 0)
    throw new TributaryError("invalid-option", `${method} takes losses above 0, got ${wrong.join(", ")}`);
}
