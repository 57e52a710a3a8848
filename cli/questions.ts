import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { TributaryError } from "../shared/errors.ts";

/** Asks a question with a proposed answer; an empty answer takes the proposal. */
export type Ask = (question: string, proposal: string) => Promise<string>;

/** Asks line by line; `close` gives the input back. Throws "interrupted" when the answers end before the questions do. */
export function askOn(input: Readable, output: Writable): { readonly ask: Ask; readonly close: () => void } {
  const terminal = createInterface({ input, output });
  const lines = terminal[Symbol.asyncIterator](); // keeps what is typed ahead, where `question` would lose it
  return {
    ask: async (question, proposal) => {
      output.write(`  ${question} [${proposal}] `);
      const line = (await lines.next()) as IteratorResult<string, undefined>; // readline types the end as any
      if (line.done === true) throw new TributaryError("interrupted", `No answer to: ${question}`);
      return line.value.trim() || proposal;
    },
    close: () => {
      terminal.close();
    },
  };
}

/** Takes every proposal, for when nobody is there to be asked. */
export const takeProposals: Ask = (_, proposal) => Promise.resolve(proposal);
