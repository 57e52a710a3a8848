// Original file: proto/control.proto

import type { RunSummary as _tributary_v1_RunSummary, RunSummary__Output as _tributary_v1_RunSummary__Output } from '../../tributary/v1/RunSummary.ts';
import type { RunAdjustment as _tributary_v1_RunAdjustment, RunAdjustment__Output as _tributary_v1_RunAdjustment__Output } from '../../tributary/v1/RunAdjustment.ts';

export interface RunDetail {
  'summary'?: (_tributary_v1_RunSummary | null);
  'waiting'?: (string);
  'adjustments'?: (_tributary_v1_RunAdjustment)[];
  'losses'?: ({[key: string]: number | string});
  'modelHash'?: (string);
}

export interface RunDetail__Output {
  'summary': (_tributary_v1_RunSummary__Output | null);
  'waiting': (string);
  'adjustments': (_tributary_v1_RunAdjustment__Output)[];
  'losses': ({[key: string]: number});
  'modelHash': (string);
}
