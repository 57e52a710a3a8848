/** What may be typed after `tributary backup`, `restore` and `journal`. */
import type { Command } from "commander";
import type { Context, Settle } from "./context.ts";
import type { JournalFlags } from "./journal.ts";

const commands = () => import("./journal.ts");

export function addJournalCommands(program: Command, settle: Settle, context: Context): void {
  program
    .command("backup <store> <target>")
    .description("copy a coordinator's store, also while it is served, into a new folder")
    .option("--json", "one line of JSON")
    .action((store: string, target: string, flags: JournalFlags) =>
      settle(async () => (await commands()).backupCommand(store, target)(flags, context)),
    );
  program
    .command("restore <backup> <store>")
    .description("make a store of a backup, in a new folder")
    .option("--json", "one line of JSON")
    .action((backup: string, store: string, flags: JournalFlags) =>
      settle(async () => (await commands()).restoreCommand(backup, store)(flags, context)),
    );
  const journal = program.command("journal").description("look into a coordinator's store, or repair it");
  journal
    .command("check <store>")
    .description("read everything, and name the first thing that is not as it was written")
    .option("--json", "one line of JSON")
    .action((store: string, flags: JournalFlags) =>
      settle(async () => (await commands()).checkJournalCommand(store)(flags, context)),
    );
  journal
    .command("repair <store>")
    .description("save what can be saved of a damaged store that has no backup, and say what was lost")
    .option("--json", "one line of JSON")
    .action((store: string, flags: JournalFlags) =>
      settle(async () => (await commands()).repairJournalCommand(store)(flags, context)),
    );
  journal
    .command("show <store> <run>")
    .description("a line for each round of a run: who took part, who left and why")
    .option("--json", "one line of JSON for each round")
    .action((store: string, run: string, flags: JournalFlags) =>
      settle(async () => (await commands()).showJournalCommand(store, run)(flags, context)),
    );
}
