/**
 * What a coordinator is started with, as a file: `tributary serve --config coordinator.yaml`. Everything has a default; what the command
 * line says wins.
 *
 *     serve: 1                              # the version of this vocabulary
 *     listen: 0.0.0.0:7433
 *     state: /var/lib/tributary             # paths start from the file's folder
 *     keys: /etc/tributary/keys/server
 *     metrics: localhost:9464
 *     diskBudgetMegabytes: 20000
 *     absenceSeconds: 60
 *     limits: { refusalsPerAddress: { perSecond: 5, burst: 50 } }
 *
 * Problems are told all at once, with line and column, as those of an experiment are. What is for one start only (`--run`,
 * `--take-over`) is no part of it.
 */
import { resolve } from "node:path";
import { z } from "zod";
import { decodeDocument } from "../shared/experiment/decode.ts";
import { readDocument } from "../shared/experiment/document.ts";
import type { Override } from "../shared/experiment/override.ts";
import { explain } from "../shared/experiment/explain.ts";
import { count, object, positive, timerSeconds } from "../shared/experiment/strict.ts";
import { enrolmentPolicies } from "./identity/enrolment-policy.ts";
import { defaultLimits } from "./rpc/limits.ts";
import { logLevels } from "./telemetry/logger.ts";

const address = z.string().regex(/^(\[[0-9a-fA-F:.]+\]|[^:\s]+):\d{1,5}$/, { error: "expected HOST:PORT" });
const rate = object({
  perSecond: positive.describe("In the long run."),
  burst: positive.describe("At once."),
});

const limitsSchema = object({
  connectsPerAddress: rate.default(defaultLimits.connectsPerAddress),
  callsPerAddress: rate.default(defaultLimits.callsPerAddress),
  callsPerIdentity: rate.default(defaultLimits.callsPerIdentity),
  bytesPerIdentity: rate.default(defaultLimits.bytesPerIdentity).describe("Uploaded."),
  refusalsPerAddress: rate
    .default(defaultLimits.refusalsPerAddress)
    .describe("Wrong tokens among them; beyond it nothing of that address is looked at."),
  connectionsPerAddress: count.default(defaultLimits.connectionsPerAddress).describe("Open at once."),
  connections: count.default(defaultLimits.connections).describe("Open at once, in all."),
  uploadBytes: count.default(defaultLimits.uploadBytes).describe("Under way at once, in all."),
});

export const serveConfigSchema = object({
  serve: z.literal(1).describe("The version of this vocabulary."),
  listen: address.default("localhost:7433"),
  state: z
    .string()
    .min(1)
    .default("coordinator")
    .describe("The journal, the runs and all else that outlives the process."),
  keys: z.string().min(1).optional().describe("The coordinator's kit; plaintext without one."),
  insecurePlaintext: z
    .boolean()
    .default(false)
    .describe("No kit, also on an address that others reach: anybody can read and forge everything."),
  enrolment: z.enum(enrolmentPolicies).default("token"),
  metrics: address.optional().describe("An HTTP port with /metrics, /healthz and /readyz."),
  absenceSeconds: timerSeconds.default(15).describe("How long a client that went away is waited for."),
  graceSeconds: timerSeconds.default(10).describe("How long shutting down may take."),
  diskBudgetMegabytes: count
    .optional()
    .describe("What journal, files and the folders of runs may take, 10⁶ bytes; runs that are over give way."),
  log: z.enum(logLevels).default("info").describe("TRIBUTARY_LOG wins."),
  limits: limitsSchema.prefault({}).describe("What one peer may ask."),
});
export type ServeConfig = z.output<typeof serveConfigSchema>;

/** What the command line says of a setting; it wins. */
export interface Flag {
  readonly setting: Exclude<keyof ServeConfig, "serve" | "limits">;
  /** As it was typed: `--listen`. */
  readonly flag: string;
  readonly value: string | number | boolean;
}

export interface ServeConfigOptions {
  /** The file's name in messages, and its text; the defaults when left out. */
  readonly file?: { readonly name: string; readonly text: string; readonly folder: string };
  readonly flags?: readonly Flag[];
  /** Where paths on the command line, and those of the defaults, start. */
  readonly cwd: string;
}

const paths = ["state", "keys"] as const;

/** With absolute paths. Throws "invalid-experiment", its message one line for each problem: `coordinator.yaml:3:7 listen: …`. */
export function decodeServeConfig({ file, flags = [], cwd }: ServeConfigOptions): ServeConfig {
  const overrides = flags.map(({ setting, flag, value }): Override => ({
    path: [setting],
    value: JSON.stringify(value),
    origin: `${flag} ${value}`,
  }));
  const document = readDocument(file?.name ?? "defaults", file?.text ?? "serve: 1\n", overrides);
  const config = decodeDocument(document, "the configuration", (value) => {
    const parsed = serveConfigSchema.safeParse(value);
    return parsed.success
      ? { value: parsed.data }
      : { findings: parsed.error.issues.flatMap((issue) => explain(issue, value)) };
  });
  const absolute = Object.fromEntries(
    paths.flatMap((name) => {
      const path = config[name];
      const folder = document.isOverridden([name]) ? cwd : (file?.folder ?? cwd);
      return path === undefined ? [] : [[name, resolve(folder, path)]];
    }),
  );
  return { ...config, ...absolute };
}
