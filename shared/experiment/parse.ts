/**
 * Any value → an experiment, or everything that is wrong with it. Sections are decoded one by one, so that the rules between
 * sound sections are still checked when another section is not.
 */
import type { z } from "zod";
import { crossChecks } from "./cross-checks.ts";
import { explain } from "./explain.ts";
import type { Finding } from "./finding.ts";
import { withStrategy } from "./strategies.ts";
import { experimentSchema, type Experiment } from "./schema.ts";

export type Parsed =
  { readonly experiment: Experiment; readonly findings: readonly [] } | { readonly findings: readonly Finding[] };

/** Decodes and checks an experiment that is already a value; `decode.ts` starts from text. */
export function parseExperiment(written: unknown): Parsed {
  const value = withStrategy(written);
  const whole = experimentSchema.safeParse(value);
  const findings = whole.success ? [] : whole.error.issues.flatMap((issue) => explain(issue, value));
  const unsound = new Set(
    findings.filter(({ key, path }) => key === undefined || path.length > 1).map(({ path }) => String(path[0] ?? "")),
  );
  if (!unsound.has("")) {
    const { sections, sound } = soundSections(value as Readonly<Record<string, unknown>>, unsound);
    crossChecks(sections, sound, (path, message) => findings.push({ path, message }));
  }
  return whole.success && findings.length === 0 ? { experiment: whole.data, findings: [] } : { findings };
}

/** Decodes each section that has no finding by its own schema. A section left out is sound too. */
function soundSections(value: Readonly<Record<string, unknown>>, unsound: ReadonlySet<string>) {
  const sections: Record<string, unknown> = {};
  const sound = new Set<string>();
  for (const [name, schema] of Object.entries(experimentSchema.shape) as [string, z.ZodType][]) {
    if (unsound.has(name)) continue;
    sections[name] = schema.parse(value[name]);
    sound.add(name);
  }
  return { sections: sections as Partial<Experiment>, sound }; // each was decoded by the schema of its own key
}
