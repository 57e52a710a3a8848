// Original file: proto/tasks.proto

import type { Vector as _tributary_v1_Vector, Vector__Output as _tributary_v1_Vector__Output } from '../../tributary/v1/Vector.ts';

export interface SumsTask {
  'round'?: (number);
  'parameters'?: (_tributary_v1_Vector | null);
  'batch'?: (Buffer | Uint8Array | string);
  'sketches'?: (boolean);
  '_batch'?: "batch";
}

export interface SumsTask__Output {
  'round': (number);
  'parameters': (_tributary_v1_Vector__Output | null);
  'batch'?: (Buffer);
  'sketches': (boolean);
  '_batch'?: "batch";
}
