// Original file: proto/tasks.proto

import type { Vector as _tributary_v1_Vector, Vector__Output as _tributary_v1_Vector__Output } from '../../tributary/v1/Vector.ts';

export interface EvaluateTask {
  'parameters'?: (_tributary_v1_Vector | null);
  'part'?: (string);
  'personal'?: (boolean);
  'committed'?: (number);
  '_committed'?: "committed";
}

export interface EvaluateTask__Output {
  'parameters': (_tributary_v1_Vector__Output | null);
  'part': (string);
  'personal': (boolean);
  'committed'?: (number);
  '_committed'?: "committed";
}
