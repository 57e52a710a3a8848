// Original file: proto/control.proto

import type { RunSetting as _tributary_v1_RunSetting, RunSetting__Output as _tributary_v1_RunSetting__Output } from '../../tributary/v1/RunSetting.ts';

export interface AdjustRunRequest {
  'id'?: (string);
  'settings'?: (_tributary_v1_RunSetting)[];
}

export interface AdjustRunRequest__Output {
  'id': (string);
  'settings': (_tributary_v1_RunSetting__Output)[];
}
