import { TributaryError } from "../../shared/errors.ts";

export const diverged = (round: number, problem: string): TributaryError =>
  new TributaryError("diverged", `Round ${round} diverged: ${problem}; try a smaller learning rate`);
