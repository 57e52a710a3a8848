/** What differs between two experiments, or any two plain documents, in words. */

/** `federation.rounds: 60 there, 30 here; seed: 42 there, 7 here`: at most five, then how many more. */
export function differencesBetween(there: unknown, here: unknown): string {
  const all = [...differences(there, here, "")];
  const named = all.slice(0, 5).map(({ path, was, is }) => `${path}: ${written(was)} there, ${written(is)} here`);
  return [...named, ...(all.length > 5 ? [`and ${all.length - 5} more`] : [])].join("; ");
}

interface Difference {
  readonly path: string;
  readonly was: unknown;
  readonly is: unknown;
}

function* differences(was: unknown, is: unknown, path: string): Generator<Difference> {
  if (!isRecord(was) || !isRecord(is)) {
    if (JSON.stringify(was) !== JSON.stringify(is)) yield { path, was, is };
    return;
  }
  for (const key of new Set([...Object.keys(was), ...Object.keys(is)]))
    yield* differences(was[key], is[key], path === "" ? key : `${path}.${key}`);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const written = (value: unknown): string => (value === undefined ? "nothing" : JSON.stringify(value));
