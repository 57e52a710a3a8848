// Original file: proto/control.proto

import type { RunSummary as _tributary_v1_RunSummary, RunSummary__Output as _tributary_v1_RunSummary__Output } from '../../tributary/v1/RunSummary.ts';

export interface ListRunsReply {
  'runs'?: (_tributary_v1_RunSummary)[];
}

export interface ListRunsReply__Output {
  'runs': (_tributary_v1_RunSummary__Output)[];
}
