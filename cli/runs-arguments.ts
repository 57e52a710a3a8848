/** What may be typed after `tributary runs`. */
import type { Command } from "commander";
import { plaintextFlag } from "../shared/identity/plaintext.ts";
import type { Override } from "../shared/experiment/override.ts";
import type { Context, Settle } from "./context.ts";
import { defaultCoordinator } from "./default-coordinator.ts";
import { collectOverride, wholeNumber } from "./options.ts";
import type { OperatorFlags } from "./operator-of.ts";
import type { SubmitFlags } from "./runs.ts";

const commands = () => import("./runs.ts");

type Set = { readonly set: readonly Override[] };

/** How a command reaches a coordinator. */
export const reaching = (command: Command): Command =>
  command
    .option("--coordinator <host:port>", "where it listens", defaultCoordinator)
    .option("--keys <folder>", "the kit to show; plaintext without one")
    .option(plaintextFlag, "no kit, also to another machine: anybody on the way can read and forge everything");

export function addRunsCommands(program: Command, settle: Settle, context: Context): void {
  const runs = program
    .command("runs")
    .description("operate a coordinator that runs: start, look at, change and stop runs");
  const command = (usage: string, description: string): Command =>
    reaching(runs.command(usage).description(description)).option("--json", "one JSON object per line");
  const set = (description: string) =>
    runs.createOption("--set <path=value>", description).argParser(collectOverride).default([], "none");

  command("submit <experiment>", "start a run")
    .addOption(set("change the experiment, e.g. federation.rounds=20 (may be repeated)"))
    .option("--watch", "and watch it to its end")
    .option("--clients <n>", "how many take part, where the experiment does not name them", wholeNumber("--clients", 1))
    .option("--workers <n>", "how many are waited for where the coordinator has the data", wholeNumber("--workers", 1))
    .action((file: string, flags: OperatorFlags & SubmitFlags) =>
      settle(async () => (await commands()).submitCommand(file, flags, context)),
    );
  command("list", "every run").action((flags: OperatorFlags) =>
    settle(async () => (await commands()).listCommand(flags, context)),
  );
  command("clients", "who is connected, and what each client has sent, fetched and answered").action(
    (flags: OperatorFlags) => settle(async () => (await commands()).clientsCommand(flags, context)),
  );
  command("show <id>", "how a run stands, whom it waits for, and why").action((id: string, flags: OperatorFlags) =>
    settle(async () => (await commands()).showCommand(id, flags, context)),
  );
  command("watch <id>", "its events, until it has ended")
    .option("--after <seq>", "go on after the event of this number", wholeNumber("--after", 0))
    .action((id: string, flags: OperatorFlags & { after?: number }) =>
      settle(async () => (await commands()).watchCommand(id, flags, context)),
    );
  command("adjust <id>", "change weights, bounds, learning rates or the deadline from the next round on")
    .addOption(set("e.g. objectives.pain.weight=2 (may be repeated)"))
    .action((id: string, flags: OperatorFlags & Set) =>
      settle(async () => (await commands()).adjustCommand(id, flags, context)),
    );
  command("stop <id>", "end a run after the round it is in").action((id: string, flags: OperatorFlags) =>
    settle(async () => (await commands()).stopCommand(id, flags, context)),
  );
  command("model <id>", "fetch its newest model")
    .option("--out <file>", "the file to write (default: <id>.safetensors)")
    .action((id: string, flags: OperatorFlags & { out?: string }) =>
      settle(async () => (await commands()).modelCommand(id, flags, context)),
    );
}
