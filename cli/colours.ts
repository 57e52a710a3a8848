/** Text styles for a terminal, or none at all. */
export type Style = (text: string) => string;

export interface Colours {
  readonly bold: Style;
  readonly dim: Style;
  readonly red: Style;
  readonly green: Style;
  readonly yellow: Style;
  readonly cyan: Style;
}

/** Whether to colour: on a terminal, unless NO_COLOR is set to anything (no-color.org). */
export const wantsColour = (stream: { isTTY?: boolean }, env: Readonly<Record<string, string | undefined>>): boolean =>
  stream.isTTY === true && (env["NO_COLOR"] ?? "") === "";

/** Decided here and not by `util.styleText`, which on Node 20 looks at the stream for one style but not for several. */
export function colours(on: boolean): Colours {
  const style = (open: number, close: number) => (text: string) =>
    on ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    bold: style(1, 22),
    dim: style(2, 22),
    red: style(31, 39),
    green: style(32, 39),
    yellow: style(33, 39),
    cyan: style(36, 39),
  };
}
