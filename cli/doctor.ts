/** `tributary doctor`: says why a client cannot work with a coordinator, and with `--run` why a run waits. */
import { resolve } from "node:path";
import { examine } from "../client/doctor/doctor.ts";
import type { Finding } from "../client/doctor/finding.ts";
import { examineRun } from "../client/doctor/run-doctor.ts";
import { print, type Context } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";
import { operatorOf, type OperatorFlags } from "./operator-of.ts";

export interface DoctorFlags extends OperatorFlags {
  readonly run?: string;
}

export async function doctorCommand(flags: DoctorFlags, context: Context): Promise<number> {
  const { coordinator, keys, json } = flags;
  const { colours, cwd } = context;
  const marks = { fine: colours.green("✓"), warning: colours.yellow("!"), wrong: colours.red("✗") };
  let worst: Finding["state"] = "fine";
  const tell = async (findings: AsyncIterable<Finding>): Promise<void> => {
    for await (const finding of findings) {
      if (finding.state === "wrong") worst = "wrong";
      if (json === true) context.stdout.write(`${JSON.stringify({ event: "finding", ...finding })}\n`);
      else print(context, `  ${marks[finding.state]} ${finding.message.replaceAll("\n", "\n    ")}`);
    }
  };
  const reached = (): boolean => worst !== "wrong";
  await tell(examine({ coordinator, keys: keys === undefined ? undefined : resolve(cwd, keys) }));
  if (flags.run !== undefined && reached()) {
    using operator = operatorOf(flags, context);
    await tell(examineRun(operator, flags.run));
  }
  return reached() ? exitCodes.done : exitCodes.failed;
}
