/** What may be typed after `tributary serve` and `tributary worker`. */
import type { Command } from "commander";
import { enrolmentPolicies } from "../server/identity/enrolment-policy.ts";
import { plaintextFlag } from "../shared/identity/plaintext.ts";
import { longestTimerSeconds } from "../shared/longest-timer.ts";
import type { Context, Settle } from "./context.ts";
import { collectOverride, wholeNumber } from "./options.ts";
import type { ServeFlags } from "./serve.ts";
import type { WorkerFlags } from "./worker.ts";

export function addDaemonCommands(program: Command, settle: Settle, version: string, context: Context): void {
  program
    .command("serve")
    .description("the coordinator daemon: clients dial in, and runs are carried out over them")
    .option("--config <file>", "settings as a file, in YAML; what the command line says wins")
    .option("--print-config", "print every setting as it would be, and end")
    .option("--listen <host:port>", "where to listen; port 0 for any that is free (default: localhost:7433)")
    .option("--state <folder>", "the journal, the runs and all else that outlives the process (default: coordinator)")
    .option("--keys <folder>", "the coordinator's kit; plaintext without one")
    .addOption(
      program
        .createOption(
          "--enrolment <policy>",
          "who may come in for the first time: nobody, with a token (default), or anybody with a kit",
        )
        .choices([...enrolmentPolicies]),
    )
    .option("--metrics <host:port>", "an HTTP port with /metrics, /healthz and /readyz")
    .option(plaintextFlag, "no kit, also on an address that others reach: anybody can read and forge everything")
    .option("--run <experiment>", "carry this out, and end when it has ended, also in an earlier life of this daemon")
    .option("--again", "--run: begin another, where it has ended in an earlier life")
    .addOption(
      program
        .createOption("--set <path=value>", "--run: change the experiment (may be repeated)")
        .argParser(collectOverride)
        .default([], "none"),
    )
    .option("--clients <n>", "--run: how many clients it is for, where it names none", wholeNumber("--clients", 1))
    .option(
      "--workers <n>",
      "--run: how many workers are waited for before shards are dealt",
      wholeNumber("--workers", 1),
    )
    .option(
      "--absence <s>",
      "how long a client that went away is waited for (default: 15)",
      wholeNumber("--absence", 0, longestTimerSeconds),
    )
    .option(
      "--grace <s>",
      "how long shutting down may take (default: 10)",
      wholeNumber("--grace", 0, longestTimerSeconds),
    )
    .option(
      "--disk-budget <MB>",
      "what journal, files and runs may take; runs that are over give way",
      wholeNumber("--disk-budget", 1),
    )
    .option("--take-over", "take the folder from a daemon that may be alive: it is fenced off")
    .option("--json", "one event per line on stdout, logs on stderr")
    .action((flags: ServeFlags) => settle(async () => (await import("./serve.ts")).serveCommand(flags, context)));
  program
    .command("worker")
    .description("a client: trains on its own rows for a coordinator, and shows it nothing but sums")
    .requiredOption("--coordinator <host:port>", "where the coordinator listens")
    .option("--data <path...>", "its rows: the first file that fits what a run declares; column=path for arrays", [])
    .option("--name <name>", "who this is; the kit says so where there is one")
    .option("--state <folder>", "what it keeps between rounds", "worker")
    .option("--keys <folder>", "the client's kit; plaintext without one")
    .option(plaintextFlag, "no kit, also to another machine: anybody on the way can read and forge everything")
    .option("--consent <file>", "what this client agrees to do; everything without one")
    .option("--personal <folder>", "where its own models are written, a file for each run, at every evaluation")
    .option(
      "--cache-budget <MB>",
      "what fetched programs, models and shards may take in --state; the least recently used give way (default: 1000)",
      wholeNumber("--cache-budget", 1),
    )
    .option(
      "--task-limit <s>",
      "how long a task may take before it is given up, and its thread replaced (default: 3600)",
      wholeNumber("--task-limit", 1, longestTimerSeconds),
    )
    .option("--json", "one state per line on stdout")
    .action((flags: WorkerFlags) =>
      settle(async () => (await import("./worker.ts")).workerCommand(flags, version, context)),
    );
}
