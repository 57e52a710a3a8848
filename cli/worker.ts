/** `tributary worker`: a client process, for as long as it lives. */
import { accessSync, constants, existsSync } from "node:fs";
import { resolve } from "node:path";
import { decodePolicy, type Policy } from "../client/consent/policy.ts";
import { attendFor } from "../client/session.ts";
import { makeFolder } from "../server/store/durable.ts";
import { TributaryError } from "../shared/errors.ts";
import type { Source } from "../shared/experiment/data.ts";
import { mustBeId } from "../shared/identity/identity.ts";
import { readKit, tokenIn, type Kit } from "../shared/identity/kit.ts";
import { mustBearPlaintext, splitAddress } from "../shared/identity/plaintext.ts";
import type { Context } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";
import { readText } from "./read-text.ts";
import { newsInJson, newsInWords } from "./worker-news.ts";

export interface WorkerFlags {
  readonly coordinator: string;
  readonly data: readonly string[];
  readonly name?: string;
  readonly state: string;
  readonly keys?: string;
  readonly insecurePlaintext?: boolean;
  /** A file: client/consent/policy.ts. */
  readonly consent?: string;
  readonly personal?: string;
  /** MB, 10⁶ bytes. */
  readonly cacheBudget?: number;
  /** Seconds. */
  readonly taskLimit?: number;
  readonly json?: boolean;
}

export async function workerCommand(flags: WorkerFlags, version: string, context: Context): Promise<number> {
  const { cwd, signal } = context;
  const { host } = splitAddress("--coordinator", flags.coordinator);
  const folder = flags.keys === undefined ? undefined : resolve(cwd, flags.keys);
  const kit = folder === undefined ? undefined : readKit(folder);
  if (kit === undefined) mustBearPlaintext(host, flags.insecurePlaintext ?? false);
  const name = flags.name ?? kit?.identity.id;
  if (name === undefined)
    throw new TributaryError(
      "invalid-option",
      "--name: expected the name of this client, or --keys with a kit that says it, got neither",
    );
  mustBeId("--name", name);
  if (kit !== undefined && kit.identity.id !== name)
    throw new TributaryError("invalid-option", `--name: the kit is of ${kit.identity.id}, got ${name}`);
  const sources = sourcesOf(flags.data, cwd);
  const stateFolder = resolve(cwd, flags.state);
  mustBeWritable("--state", stateFolder);
  const examined = { coordinator: flags.coordinator, keys: folder };
  const onState = flags.json === true ? newsInJson(context) : newsInWords(examined, context);
  await attendFor(
    {
      address: flags.coordinator,
      name,
      version,
      sources,
      stateFolder,
      ...(folder !== undefined && { kit: () => kitOf(name, folder), token: () => tokenIn(folder) }),
      ...(flags.consent !== undefined && { consent: loadPolicy(flags.consent, cwd) }),
      ...(flags.personal !== undefined && { personalFolder: resolve(cwd, flags.personal) }),
      ...(flags.cacheBudget !== undefined && { cacheBytes: flags.cacheBudget * 1_000_000 }),
      ...(flags.taskLimit !== undefined && { taskLimitMs: flags.taskLimit * 1000 }),
      onState,
    },
    signal,
  );
  return exitCodes.done;
}

/** As it lies there now: it may have been renewed. */
function kitOf(name: string, folder: string): Kit {
  const kit = readKit(folder);
  if (kit.identity.id === name) return kit;
  throw new TributaryError("invalid-keys", `${folder}: expected the kit of ${name}, got that of ${kit.identity.id}`);
}

/** Throws "invalid-option" where the folder cannot be made, or nothing can be written to it. */
function mustBeWritable(flag: string, folder: string): void {
  makeFolder(folder, 0o700);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    throw new TributaryError("invalid-option", `${flag}: nothing can be written to ${folder} (${code})`, {
      cause: error,
    });
  }
}

const loadPolicy = (file: string, cwd: string): Policy => decodePolicy(file, readText("--consent", resolve(cwd, file)));

/** Plain paths are a file each; `column=path` ones are together one source, as of images and their labels. Throws "missing-file" with all that are not there. */
function sourcesOf(data: readonly string[], cwd: string): Source[] {
  const named = data.filter((one) => /^[A-Za-z0-9_.-]+=/.test(one));
  const plain = data.filter((one) => !named.includes(one)).map((path) => resolve(cwd, path));
  const columns = named.map((one) => {
    const at = one.indexOf("=");
    return [one.slice(0, at), resolve(cwd, one.slice(at + 1))] as const;
  });
  const missing = [...plain, ...columns.map(([, path]) => path)].filter((path) => !existsSync(path));
  if (missing.length > 0)
    throw new TributaryError("missing-file", missing.map((path) => `--data: there is no file ${path}`).join("\n"));
  return columns.length === 0 ? plain : [...plain, Object.fromEntries(columns)];
}
