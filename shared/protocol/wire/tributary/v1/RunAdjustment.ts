// Original file: proto/control.proto

import type { RunSetting as _tributary_v1_RunSetting, RunSetting__Output as _tributary_v1_RunSetting__Output } from '../../tributary/v1/RunSetting.ts';
import type { Long } from '@grpc/proto-loader';

export interface RunAdjustment {
  'fromRound'?: (number);
  'settings'?: (_tributary_v1_RunSetting)[];
  'by'?: (string);
  'atMs'?: (number | string | Long);
}

export interface RunAdjustment__Output {
  'fromRound': (number);
  'settings': (_tributary_v1_RunSetting__Output)[];
  'by': (string);
  'atMs': (number);
}
