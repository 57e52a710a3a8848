// Original file: proto/tasks.proto

import type { Standardization as _tributary_v1_Standardization, Standardization__Output as _tributary_v1_Standardization__Output } from '../../tributary/v1/Standardization.ts';

export interface PrepareTask {
  'standardization'?: (_tributary_v1_Standardization | null);
}

export interface PrepareTask__Output {
  'standardization': (_tributary_v1_Standardization__Output | null);
}
