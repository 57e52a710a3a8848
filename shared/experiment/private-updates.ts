/** What the checks of privacy look at, and how they refuse. */
import type { UpdateModeConfig } from "./federation.ts";
import type { Path } from "./finding.ts";
import type { Experiment } from "./schema.ts";

/** An experiment of update mode that declares privacy. */
export interface PrivateUpdates extends Experiment {
  readonly privacy: NonNullable<Experiment["privacy"]>;
  readonly federation: UpdateModeConfig;
}

export type Refuse = (wrong: boolean, path: Path, why: string) => void;
