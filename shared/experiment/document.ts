/**
 * An experiment's text with its places: parsed once by `yaml` (JSON is YAML too), overridden where the command line says so,
 * and asked afterwards where in the file a path stands.
 */
import { isMap, isScalar, isSeq, LineCounter, parseDocument, stringify, type Document, type Node } from "yaml";
import type { Path } from "./finding.ts";
import type { Override } from "./override.ts";

/** A place for a message: `experiment.yaml:7:12`, or the `--set` that brought the value. */
export interface ExperimentText {
  readonly value: unknown;
  /** What kept the text or an override from being read at all. */
  readonly problems: readonly { readonly place: string; readonly message: string }[];
  placeOf(path: Path, key?: boolean): string;
  /** Whether the value at this path came from an override. */
  isOverridden(path: Path): boolean;
}

/** A value as the YAML of a document. */
export const writeDocument = (value: unknown): string => stringify(value);

export function readDocument(file: string, text: string, overrides: readonly Override[] = []): ExperimentText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(1, line)}:${Math.max(1, col)}`;
  };
  const problems = document.errors.map(({ code, pos, message }) => ({
    place: at(pos[0]),
    message: code === "DUPLICATE_KEY" ? `the key ${keyAt(text, pos[0])} stands twice in the same map` : message,
  }));
  if (problems.length === 0) {
    for (const override of overrides) {
      const message = apply(document, override);
      if (message !== undefined) problems.push({ place: override.origin, message });
    }
  }
  let value: unknown;
  if (problems.length === 0) {
    try {
      value = document.toJS();
    } catch (error) {
      problems.push({ place: at(0), message: (error as Error).message }); // an alias without an anchor, or a bomb of aliases
    }
  }
  const overrideOf = (path: Path): Override | undefined =>
    overrides.findLast(
      (override) => override.path.length <= path.length && override.path.every((key, i) => key === String(path[i])),
    );
  return {
    value,
    problems,
    placeOf: (path, key = false) => overrideOf(path)?.origin ?? at(offsetOf(document, path, key)),
    isOverridden: (path) => overrideOf(path) !== undefined,
  };
}

const keyAt = (text: string, offset: number): string => /^[^:\s]*/.exec(text.slice(offset))![0];

/** Puts the override's value into the document; says what is wrong when that cannot be. */
function apply(document: Document.Parsed, { path, value }: Override): string | undefined {
  if (path.includes("")) return `has an empty key in its path "${path.join(".")}"`;
  const parsed = parseDocument(value, { prettyErrors: false });
  if (parsed.errors.length > 0) return parsed.errors[0]!.message;
  try {
    document.setIn(path, parsed.contents);
    return undefined;
  } catch {
    return `cannot be set: something on the way to "${path.join(".")}" is a single value, not a map or a list`;
  }
}

/** Where the value (or the key) of a path starts; where it is missing, the key of the nearest thing around it. */
function offsetOf(document: Document.Parsed, path: Path, wantsKey: boolean): number {
  let node: unknown = document.contents;
  let offset = (node as Node | null)?.range?.[0] ?? 0;
  for (const [depth, step] of path.entries()) {
    const last = depth === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step));
      const keyOffset = (pair?.key as Node | null | undefined)?.range?.[0];
      if (pair === undefined || keyOffset === undefined) return offset;
      node = pair.value;
      const valueOffset = (node as Node | null)?.range?.[0];
      offset = last && !wantsKey ? (valueOffset ?? keyOffset) : keyOffset;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      offset = (node as Node | undefined)?.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}
