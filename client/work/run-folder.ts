/** Where a worker keeps what is its own in a run: state of its clients between rounds, and secrets. It goes when the run is over. */
import { rmSync } from "node:fs";
import { join } from "node:path";

export const runFolder = (stateFolder: string, run: string): string =>
  join(stateFolder, "runs", Buffer.from(run).toString("hex"));

/** Nothing happens where there is none. */
export function forgetRun(stateFolder: string, run: string): void {
  rmSync(runFolder(stateFolder, run), { recursive: true, force: true });
}
