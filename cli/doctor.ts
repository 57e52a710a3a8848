/** `tributary doctor`: says why a client cannot work with a coordinator, or why a run waits. */
import { resolve } from "node:path";
import { examine, type Finding } from "../client/doctor.ts";
import { print, type Context } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";

export interface DoctorFlags {
  readonly coordinator: string;
  readonly keys?: string;
  readonly json?: boolean;
}

export async function doctorCommand({ coordinator, keys, json }: DoctorFlags, context: Context): Promise<number> {
  const { colours, cwd } = context;
  const marks = { fine: colours.green("✓"), warning: colours.yellow("!"), wrong: colours.red("✗") };
  let worst: Finding["state"] = "fine";
  for await (const finding of examine({ coordinator, keys: keys === undefined ? undefined : resolve(cwd, keys) })) {
    if (finding.state === "wrong") worst = "wrong";
    if (json === true) context.stdout.write(`${JSON.stringify({ event: "finding", ...finding })}\n`);
    else print(context, `  ${marks[finding.state]} ${finding.message.replaceAll("\n", "\n    ")}`);
  }
  return worst === "wrong" ? exitCodes.failed : exitCodes.done;
}
