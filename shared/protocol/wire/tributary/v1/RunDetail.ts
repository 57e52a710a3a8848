// Original file: proto/control.proto

import type { RunSummary as _tributary_v1_RunSummary, RunSummary__Output as _tributary_v1_RunSummary__Output } from '../../tributary/v1/RunSummary.ts';
import type { RunAdjustment as _tributary_v1_RunAdjustment, RunAdjustment__Output as _tributary_v1_RunAdjustment__Output } from '../../tributary/v1/RunAdjustment.ts';
import type { RunStanding as _tributary_v1_RunStanding, RunStanding__Output as _tributary_v1_RunStanding__Output } from '../../tributary/v1/RunStanding.ts';

export interface RunDetail {
  'summary'?: (_tributary_v1_RunSummary | null);
  'waiting'?: (string);
  'adjustments'?: (_tributary_v1_RunAdjustment)[];
  'losses'?: ({[key: string]: number | string});
  'modelHash'?: (string);
  'standing'?: (_tributary_v1_RunStanding | null);
}

export interface RunDetail__Output {
  'summary': (_tributary_v1_RunSummary__Output | null);
  'waiting': (string);
  'adjustments': (_tributary_v1_RunAdjustment__Output)[];
  'losses': ({[key: string]: number});
  'modelHash': (string);
  'standing': (_tributary_v1_RunStanding__Output | null);
}
