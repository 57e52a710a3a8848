import { print, type Context } from "./context.ts";

/** What a reader should look at before going on, a line each, marked. */
export function printNotes(notes: readonly string[], context: Context): void {
  if (notes.length > 0) print(context);
  for (const note of notes) print(context, `  ${context.colours.yellow("look")} ${note}`);
}
