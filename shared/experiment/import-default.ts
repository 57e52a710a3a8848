import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { TributaryError } from "../errors.ts";

/** What a module of one's own exports as its default. Throws "missing-file", or "invalid-experiment" where this Node cannot load it. */
export async function importDefault(path: string, wantedBy: string): Promise<unknown> {
  mustExist(path, wantedBy);
  const module = (await import(pathToFileURL(path).href).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "ERR_UNKNOWN_FILE_EXTENSION") throw error;
    const advice = "compile it to JavaScript, or use a Node that strips types (22.18 or newer)";
    throw new TributaryError(
      "invalid-experiment",
      `${wantedBy}: ${path} is TypeScript, which this Node cannot load: ${advice}`,
      { cause: error },
    );
  })) as { readonly default?: unknown };
  return module.default;
}

export function mustExist(path: string, wantedBy: string): void {
  if (!existsSync(path)) throw new TributaryError("missing-file", `${wantedBy}: expected a file at ${path}`);
}
