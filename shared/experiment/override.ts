/** `--set path=value`: the value is YAML, as it would be written in the file. */
export interface Override {
  readonly path: readonly string[];
  readonly value: string;
  /** As it was written, for messages. */
  readonly origin: string;
}

/** Splits `federation.rounds=5` at its first `=`; undefined when there is none, or no path before it. */
export function parseOverride(text: string): Override | undefined {
  const at = text.indexOf("=");
  if (at < 1) return undefined;
  return { path: text.slice(0, at).split("."), value: text.slice(at + 1), origin: `--set ${text}` };
}
