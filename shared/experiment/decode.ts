/**
 * Text → experiment, read once, whole, and trusted afterwards. Every problem is reported at once, each with its place:
 *
 *     heart.yaml:12:11 federation.rounds: expected a whole number, got "many"
 *     --set seed=-1 seed: expected a number of at least 0, got -1
 */
import { TributaryError } from "../errors.ts";
import { readDocument, type ExperimentText } from "./document.ts";
import type { Override } from "./override.ts";
import type { Finding } from "./finding.ts";
import { resolvePaths } from "./paths.ts";
import { parseExperiment } from "./parse.ts";
import type { Experiment } from "./schema.ts";

export interface DecodeOptions {
  /** What the command line changes; later ones win. */
  readonly overrides?: readonly Override[];
  /** The folder that relative paths in the file start from; they stay as they are without one. */
  readonly folder?: string;
  /** The folder that relative paths in overrides start from. @default folder */
  readonly overrideFolder?: string;
}

/**
 * Decodes the text of an experiment, YAML or JSON; `file` is its name in messages.
 * Throws "invalid-experiment", its message one line for each problem, in the order of the file.
 */
export function decodeExperiment(file: string, text: string, options: DecodeOptions = {}): Experiment {
  const document = readDocument(file, text, options.overrides);
  const parse = (value: unknown): { readonly value: Experiment } | { readonly findings: readonly Finding[] } => {
    const parsed = parseExperiment(value);
    return "experiment" in parsed ? { value: parsed.experiment } : parsed;
  };
  const experiment = decodeDocument(document, "experiment", parse);
  const { folder, overrideFolder = folder } = options;
  return folder === undefined
    ? experiment
    : resolvePaths(experiment, (path) => (document.isOverridden(path) ? overrideFolder! : folder));
}

/** What `parse` makes of a document; `whole` is what messages call the document itself. Throws "invalid-experiment", as above. */
export function decodeDocument<T>(
  document: ExperimentText,
  whole: string,
  parse: (value: unknown) => { readonly value: T } | { readonly findings: readonly Finding[] },
): T {
  if (document.problems.length > 0) throw refusal(document.problems.map(({ place, message }) => `${place} ${message}`));
  const parsed = parse(document.value);
  if ("value" in parsed) return parsed.value;
  const lines = parsed.findings.map(
    ({ path, message, key }) => `${document.placeOf(path, key)} ${path.join(".") || whole}: ${message}`,
  );
  throw refusal(inOrderOfPlace(lines));
}

const refusal = (lines: readonly string[]): TributaryError =>
  new TributaryError("invalid-experiment", lines.join("\n"));

/** By line, then column; what has no line (an override) comes last. */
function inOrderOfPlace(lines: readonly string[]): string[] {
  const position = (line: string): number => {
    const found = /^[^\s]*:(\d+):(\d+) /.exec(line);
    return found === null ? Number.MAX_SAFE_INTEGER : Number(found[1]) * 1e6 + Number(found[2]);
  };
  return [...lines].sort((a, b) => position(a) - position(b));
}
