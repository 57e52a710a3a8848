import type { DriftConfig } from "./client-axis.ts";

/** What the local gradient is corrected by; none where it would be by nothing, so that FedProx with μ = 0 runs FedAvg's very program. */
export const correctionOf = (drift: DriftConfig): DriftConfig["kind"] =>
  drift.kind === "proximal" && drift.mu === 0 ? "none" : drift.kind;
