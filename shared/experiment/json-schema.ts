/** The experiment's vocabulary as JSON Schema, for editors: `# yaml-language-server: $schema=…` on a file's first line. */
import { z } from "zod";
import { experimentSchema } from "./schema.ts";

/** What may be written (input), so that keys with a default are optional. */
export function experimentJsonSchema(): string {
  const schema = z.toJSONSchema(experimentSchema, { io: "input", target: "draft-07", reused: "inline" });
  return `${JSON.stringify({ title: "Tributary experiment", ...schema }, undefined, 2)}\n`;
}
