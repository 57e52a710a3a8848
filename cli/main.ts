#!/usr/bin/env node
/** `tributary <command>`: what was typed, turned into a call; errors turned into words and an exit code. */
import { readFileSync } from "node:fs";
import { basename, relative } from "node:path";
import { Command, CommanderError, Option } from "commander";
import { simulate } from "../server/simulation/simulate.ts";
import { TributaryError } from "../shared/errors.ts";
import { formats } from "../shared/experiment/data.ts";
import { plaintextFlag } from "../shared/identity/plaintext.ts";
import { tasks } from "../shared/advice/task.ts";
import { adviseCommand, type AdviseFlags } from "./advise.ts";
import { aggregateCommand, aggregateHelp, type AggregateFlags } from "./aggregate.ts";
import { checkCommand, type CheckFlags } from "./check.ts";
import { colours, wantsColour } from "./colours.ts";
import { combineCommand, combineHelp, numbersOf, rowsOf, type CombineFlags } from "./combine.ts";
import type { Context } from "./context.ts";
import { addDaemonCommands } from "./daemon-arguments.ts";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";
import { initCommand, type InitFlags } from "./init.ts";
import { onInterruption } from "./interruption.ts";
import { addKeysCommands } from "./keys-arguments.ts";
import { doctorCommand, type DoctorFlags } from "./doctor.ts";
import {
  backupCommand,
  checkJournalCommand,
  repairJournalCommand,
  restoreCommand,
  showJournalCommand,
  type JournalFlags,
} from "./journal.ts";
import { addRunsCommands, defaultCoordinator } from "./runs-arguments.ts";
import { lossCommand, lossHelp } from "./loss.ts";
import { collectOverride, seedList, wholeNumber } from "./options.ts";
import { paretoCommand, type ParetoFlags } from "./pareto.ts";
import { predictCommand, type PredictFlags } from "./predict.ts";
import { simulateCommand, type SimulateFlags } from "./simulate.ts";

/** Parses the arguments (without node and the script) and runs the command; answers with the exit code. */
async function main(args: readonly string[]): Promise<number> {
  using interruption = onInterruption(process.stderr);
  const context = createContext(interruption.signal);
  let code: number = exitCodes.done;
  const settle = async (outcome: Promise<number>): Promise<void> => {
    code = await outcome;
  };
  const program = new Command("tributary")
    .description(
      "Federated and distributed training: exact under any sharding, the same bits everywhere, many objectives at once.",
    )
    .version(version())
    .exitOverride()
    .showHelpAfterError("(add --help for what there is)");

  const set = (): Option =>
    new Option("--set <path=value>", "change the experiment, e.g. federation.rounds=20 (may be repeated)")
      .argParser(collectOverride)
      .default([], "none");
  const formatOption = (): Option =>
    new Option("--format <format>", "what the files are, where their names do not say").choices([...formats]);
  program
    .command("simulate <experiment>")
    .description("train over worker threads of this machine")
    .option("--threads <n>", "worker threads; no bit of the result depends on it", wholeNumber("--threads", 1))
    .option("--seed <s>", "in place of the experiment's seed", wholeNumber("--seed", 0))
    .addOption(
      new Option("--seeds <list>", "one run for each seed, e.g. 1..20, then mean and deviation")
        .argParser(seedList)
        .conflicts("seed"),
    )
    .option("--out <dir>", "where the run is written (default: runs/<name>-<n>)")
    .addOption(set())
    .option("--resume", "go on from the newest checkpoint, to the same bits")
    .option("--json", "one event per line on stdout, logs on stderr")
    .action((file: string, flags: SimulateFlags) => settle(simulateCommand(simulate, file, flags, context)));
  program
    .command("init [data...]")
    .description("write a commented experiment for your own files, one for each client, or one to be cut")
    .option("--target <column>", "the column to predict")
    .option("--by <column>", "one client for each value of this column")
    .option("--clients <n>", "cut one file into that many clients", wholeNumber("--clients", 1))
    .addOption(formatOption())
    .option("--name <name>", "name of the experiment")
    .option("--out <file>", "the file to write (default: <name>.yaml)")
    .option("--force", "write over a file that is there")
    .option("--yes", "ask nothing, take the guesses")
    .action((files: string[], flags: InitFlags) => settle(initCommand(files, flags, context)));
  program
    .command("advise <data...>")
    .description("say which losses fit the data, and why; several files are a client each, .json files their summaries")
    .option("--target <column>", "the column to predict")
    .addOption(new Option("--task <task>", "what the target is; guessed when left out").choices([...tasks]))
    .option("--event <column>", "survival: whether the target is the time of an event")
    .option("--group <column>", "ranking: the lists (queries, users) in which rows compete")
    .option("--by <column>", "one client for each value of this column")
    .addOption(formatOption())
    .option("--summarize <file>", "write what a client tells of its rows, to be advised on together with others'")
    .option("--write <file>", "write a starting experiment")
    .option("--force", "write over files that are there")
    .option("--json", "one line of JSON")
    .action((files: string[], flags: AdviseFlags) => settle(adviseCommand(files, flags, context)));
  program
    .command("check <experiment>")
    .description("say whether the clients' data fit, without training; every problem at once")
    .option("--data <file>", "check this file instead of those the experiment names")
    .addOption(set())
    .option("--json", "one line of JSON for each file")
    .action((file: string, flags: CheckFlags) => settle(checkCommand(file, flags, context)));
  program
    .command("predict <run> <data>")
    .description("the predictions of a trained model for new rows, as csv")
    .addOption(new Option("--format <format>", "csv or ndjson").choices(["csv", "ndjson"]).default("csv"))
    .option("--out <file>", "write there instead of to stdout")
    .option("--json", "the same as --format ndjson")
    .action((run: string, data: string, flags: PredictFlags) => settle(predictCommand(run, data, flags, context)));
  const aggregate = program
    .command("aggregate")
    .description("try robust aggregation rules, steps before them and attacks on given updates")
    .option("--list", "every rule, step and attack")
    .option("--json", "one request per line of stdin, one answer per line of stdout")
    .addHelpText("after", aggregateHelp)
    .action((flags: AggregateFlags) => {
      const help = (): void => {
        aggregate.outputHelp();
      };
      return settle(aggregateCommand(flags, help, context));
    });
  program
    .command("pareto <experiment>")
    .description(
      "one run for each of N preferences: the front of trade-offs, as a table and a picture, and a model of your choice",
    )
    .requiredOption("--points <n>", "preferences, evenly spread", wholeNumber("--points", 1))
    .option("--out <dir>", "where the runs and the front are written (default: runs/<name>-front-<n>)")
    .option("--threads <n>", "worker threads of each run", wholeNumber("--threads", 1))
    .option("--pick <point>", "whose model to take: knee, asf or a number", "knee")
    .addOption(set())
    .option("--json", "one line of JSON for each point, then the front")
    .action((file: string, flags: ParetoFlags) => settle(paretoCommand(simulate, file, flags, context)));
  const combine = program
    .command("combine [method...]")
    .description("what methods of weighing objectives make of gradients and losses of your own")
    .option("--jacobian <rows>", 'the gradient of each objective, e.g. "-4,1,1;6,1,1"', rowsOf)
    .option("--losses <numbers>", "the loss of each objective, e.g. 1,2", numbersOf)
    .option("--list", "every method with its options")
    .option("--json", "one line of JSON each; without gradients, one request per line on stdin")
    .addHelpText("after", combineHelp)
    .action((names: string[], flags: CombineFlags) => {
      const help = (): void => {
        combine.outputHelp();
      };
      return settle(combineCommand(names, flags, help, context));
    });
  program
    .command("backup <store> <target>")
    .description("copy a coordinator's store, also while it is served, into a new folder")
    .option("--json", "one line of JSON")
    .action((store: string, target: string, flags: JournalFlags) =>
      settle(backupCommand(store, target)(flags, context)),
    );
  program
    .command("restore <backup> <store>")
    .description("make a store of a backup, in a new folder")
    .option("--json", "one line of JSON")
    .action((backup: string, store: string, flags: JournalFlags) =>
      settle(restoreCommand(backup, store)(flags, context)),
    );
  const journal = program.command("journal").description("look into a coordinator's store, or repair it");
  journal
    .command("check <store>")
    .description("read everything, and name the first thing that is not as it was written")
    .option("--json", "one line of JSON")
    .action((store: string, flags: JournalFlags) => settle(checkJournalCommand(store)(flags, context)));
  journal
    .command("repair <store>")
    .description("save what can be saved of a damaged store that has no backup, and say what was lost")
    .option("--json", "one line of JSON")
    .action((store: string, flags: JournalFlags) => settle(repairJournalCommand(store)(flags, context)));
  journal
    .command("show <store> <run>")
    .description("a line for each round of a run: who took part, who left and why")
    .option("--json", "one line of JSON for each round")
    .action((store: string, run: string, flags: JournalFlags) =>
      settle(showJournalCommand(store, run)(flags, context)),
    );
  addDaemonCommands(program, settle, version(), context);
  const loss = program
    .command("loss")
    .argument("[name...]")
    .description("try losses from the shell: values, gradients and sums of a batch; a page for each")
    .allowUnknownOption() // the flags are the inputs and options of the loss that is named
    .helpOption(false)
    .addHelpText("after", lossHelp)
    .action((words: string[]) => {
      const help = (): void => {
        loss.outputHelp();
      };
      return settle(lossCommand(words, help, context));
    });

  addKeysCommands(program, settle, context);
  addRunsCommands(program, settle, context);
  program
    .command("doctor")
    .description("say why a client cannot work with a coordinator, or why a run waits")
    .option("--coordinator <host:port>", "where it listens", defaultCoordinator)
    .option("--keys <folder>", "the kit to show; plaintext without one")
    .option("--run <id>", "and whom this run waits for; with an operator's kit")
    .option(plaintextFlag, "--run: no kit, also to another machine")
    .option("--json", "one JSON object per finding")
    .action((flags: DoctorFlags) => settle(doctorCommand(flags, context)));

  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage; // already said by commander
    const message =
      error instanceof TributaryError || isOfTheSystem(error)
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error);
    process.stderr.write(`${colours(wantsColour(process.stderr, process.env)).red("error")} ${message}\n`);
    return exitCodeOf(error);
  }
}

function createContext(signal: AbortSignal): Context {
  const cwd = process.cwd();
  const script = process.argv[1] ?? "tributary";
  const shorten = (path: string): string => {
    const near = relative(cwd, path) || ".";
    return near.startsWith("..") ? path : near;
  };
  return {
    cwd,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    colours: colours(wantsColour(process.stdout, process.env)),
    self: basename(script) === "main.js" ? `node ${shorten(script)}` : "tributary",
    shorten,
    signal,
  };
}

/** A full disk, a file without permission: its message ("ENOSPC: no space left on device, write") says it all. */
const isOfTheSystem = (error: unknown): error is Error => error instanceof Error && "syscall" in error;

function version(): string {
  const found = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };
  return found.version;
}

const goesOnUnread = process.argv[2] === "serve" || process.argv[2] === "worker";
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  if (!goesOnUnread) process.exit(exitCodes.done); // the reader has seen enough: `… | head -1`
});
process.stderr.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error; // nobody reads the log: no reason to stop
});
process.exitCode = await main(process.argv.slice(2));
