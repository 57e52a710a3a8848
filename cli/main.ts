#!/usr/bin/env node
/** `tributary <command>`: what was typed, turned into a call; errors turned into words and an exit code. */
import { readFileSync } from "node:fs";
import { basename, relative } from "node:path";
import { Command, CommanderError } from "commander";
import { TributaryError } from "../shared/errors.ts";
import { colours, wantsColour } from "./colours.ts";
import { addCommands } from "./commands.ts";
import type { Context, Settle } from "./context.ts";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";
import { onInterruption } from "./interruption.ts";

/** What commands that go on for long do when they are told to stop. */
const whenInterrupted: Readonly<Record<string, string>> = {
  simulate: "stopping after this round, with a checkpoint",
  pareto: "stopping after this round, with a checkpoint",
  serve: "shutting down: runs are parked after their last committed round, and go on with the next start",
  worker: "leaving the coordinator",
};

/** Parses the arguments (without node and the script) and runs the command; answers with the exit code. */
async function main(args: readonly string[]): Promise<number> {
  using interruption = onInterruption(process.stderr, whenInterrupted[args[0] ?? ""] ?? "stopping");
  const context = createContext(interruption.signal);
  let code: number = exitCodes.done;
  const settle: Settle = async (command) => {
    code = await command();
  };
  const program = new Command("tributary")
    .description(
      "Federated and distributed training: exact under any sharding, the same bits everywhere, many objectives at once.",
    )
    .version(version())
    .exitOverride()
    .showHelpAfterError("(add --help for what there is)");

  addCommands(program, settle, version(), context);

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
if (goesOnUnread) setTimeout(() => process.exit(), 2000).unref(); // what a reader has not taken by then does not keep the process
