/** Losses on sequences whose alignment to their targets is not known. */
import { ctc } from "./ctc.ts";

/** The losses on sequences, by name. */
export const sequenceLosses = { ctc } as const;
