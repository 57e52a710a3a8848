/** What a command may touch of the process: handed to it, so that a test can hand it something else. */
import type { Readable } from "node:stream";
import type { Colours } from "./colours.ts";
import type { Terminal } from "./progress.ts";

export interface Context {
  readonly cwd: string;
  /** Where questions are answered; absent when nobody can be asked. */
  readonly stdin?: Readable & { readonly isTTY?: boolean };
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  readonly colours: Colours;
  /** How a reader would call this program again: `tributary`, or `node dist/cli/main.js` in a clone. */
  readonly self: string;
  /** A path as the reader would type it here: relative where that is shorter. */
  readonly shorten: (path: string) => string;
  /** Aborts when the user asks to stop (Ctrl-C, SIGTERM). */
  readonly signal: AbortSignal;
}

/**
 * Carries a command out, and keeps the exit code it answers with. The command loads its own module when it is called, so that nobody
 * waits for those of other commands.
 */
export type Settle = (command: () => Promise<number>) => Promise<void>;

export const print = (context: Context, text = ""): void => void context.stdout.write(`${text}\n`);
