/** What may be typed after `tributary`: every command with its flags. What a command does is loaded when it is called. */
import { Option, type Command } from "commander";
import type { Simulate } from "../server/simulation/options.ts";
import { tasks } from "../shared/advice/tasks.ts";
import { formats } from "../shared/data/readers/formats.ts";
import { plaintextFlag } from "../shared/identity/plaintext.ts";
import type { AdviseFlags } from "./advise.ts";
import type { AggregateFlags } from "./aggregate.ts";
import type { CheckFlags } from "./check.ts";
import type { CombineFlags } from "./combine.ts";
import type { Context, Settle } from "./context.ts";
import { addDaemonCommands } from "./daemon-arguments.ts";
import type { DoctorFlags } from "./doctor.ts";
import { aggregateHelp, combineHelp, lossHelp, privacyHelp } from "./help.ts";
import type { InitFlags } from "./init.ts";
import { addJournalCommands } from "./journal-arguments.ts";
import { addKeysCommands } from "./keys-arguments.ts";
import { collectOverride, numberOf, numbersOf, rowsOf, seedList, wholeNumber } from "./options.ts";
import type { ParetoFlags } from "./pareto.ts";
import type { PredictFlags } from "./predict.ts";
import type { PrivacyFlags } from "./privacy.ts";
import { defaultCoordinator } from "./default-coordinator.ts";
import { addRunsCommands } from "./runs-arguments.ts";
import type { SimulateFlags } from "./simulate.ts";

export function addCommands(program: Command, settle: Settle, version: string, context: Context): void {
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
    .addOption(
      new Option("--personal <dir>", "where the clients' own models are written, one file each").conflicts("seeds"),
    )
    .option("--json", "one event per line on stdout, logs on stderr")
    .action((file: string, flags: SimulateFlags) =>
      settle(async () => {
        const { simulateCommand } = await import("./simulate.ts");
        return simulateCommand(await simulation(), file, flags, context);
      }),
    );
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
    .action((files: string[], flags: InitFlags) =>
      settle(async () => (await import("./init.ts")).initCommand(files, flags, context)),
    );
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
    .action((files: string[], flags: AdviseFlags) =>
      settle(async () => (await import("./advise.ts")).adviseCommand(files, flags, context)),
    );
  program
    .command("check <experiment>")
    .description("say whether the clients' data fit, without training; every problem at once")
    .option("--data <file>", "check this file instead of those the experiment names")
    .addOption(set())
    .option("--json", "one line of JSON for each file")
    .action((file: string, flags: CheckFlags) =>
      settle(async () => (await import("./check.ts")).checkCommand(file, flags, context)),
    );
  program
    .command("predict <run> <data>")
    .description("the predictions of a trained model for new rows, as csv")
    .addOption(new Option("--format <format>", "csv or ndjson").choices(["csv", "ndjson"]).default("csv"))
    .option("--out <file>", "write there instead of to stdout")
    .option("--json", "the same as --format ndjson")
    .action((run: string, data: string, flags: PredictFlags) =>
      settle(async () => (await import("./predict.ts")).predictCommand(run, data, flags, context)),
    );
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
      return settle(async () => (await import("./aggregate.ts")).aggregateCommand(flags, help, context));
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
    .action((file: string, flags: ParetoFlags) =>
      settle(async () => {
        const { paretoCommand } = await import("./pareto.ts");
        return paretoCommand(await simulation(), file, flags, context);
      }),
    );
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
      return settle(async () => (await import("./combine.ts")).combineCommand(names, flags, help, context));
    });
  addJournalCommands(program, settle, context);
  addDaemonCommands(program, settle, version, context);
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
      return settle(async () => (await import("./loss.ts")).lossCommand(words, help, context));
    });

  const privacy = program
    .command("privacy [experiment]")
    .description("what noise, sampling and rounds cost in (ε, δ), and what a budget buys")
    .option(
      "--noise <z>",
      "noise multiplier: standard deviation over the most one unit can change",
      numberOf("--noise"),
    )
    .option("--rounds <n>", "models that are released", numberOf("--rounds"))
    .option("--epsilon <e>", "the budget", numberOf("--epsilon"))
    .option("--delta <d>", "well below one over the number of units", numberOf("--delta"))
    .option("--rate <q>", "of Poisson sampling in secret; 1 when left out", numberOf("--rate"))
    .option("--rows <n>", "of an experiment with dp-sgd: the training rows of a client", wholeNumber("--rows", 1))
    .addOption(new Option("--mechanism <m>", "gaussian, or tree (DP-FTRL)").choices(["gaussian", "tree"]))
    .addOption(new Option("--adjacency <a>", "neighbours").choices(["add-or-remove-one", "replace-one"]))
    .addOption(new Option("--unit <u>", "whose presence is hidden").choices(["client", "example"]))
    .addOption(set())
    .option("--json", "one line of JSON; without numbers, one request per line on stdin")
    .addHelpText("after", privacyHelp)
    .action((file: string | undefined, flags: PrivacyFlags) => {
      const help = (): void => {
        privacy.outputHelp();
      };
      return settle(async () => (await import("./privacy.ts")).privacyCommand(file, flags, help, context));
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
    .action((flags: DoctorFlags) => settle(async () => (await import("./doctor.ts")).doctorCommand(flags, context)));
}

/** What carries a simulation out. */
const simulation = async (): Promise<Simulate> => (await import("../server/simulation/simulate.ts")).simulate;
