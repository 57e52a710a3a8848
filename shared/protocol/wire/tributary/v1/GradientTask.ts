// Original file: proto/tasks.proto

import type { Vector as _tributary_v1_Vector, Vector__Output as _tributary_v1_Vector__Output } from '../../tributary/v1/Vector.ts';
import type { Multipliers as _tributary_v1_Multipliers, Multipliers__Output as _tributary_v1_Multipliers__Output } from '../../tributary/v1/Multipliers.ts';
import type { Masking as _tributary_v1_Masking, Masking__Output as _tributary_v1_Masking__Output } from '../../tributary/v1/Masking.ts';

export interface GradientTask {
  'round'?: (number);
  'parameters'?: (_tributary_v1_Vector | null);
  'batch'?: (Buffer | Uint8Array | string);
  'multipliers'?: (_tributary_v1_Multipliers | null);
  'scale'?: (number | string);
  'along'?: (_tributary_v1_Vector | null);
  'masking'?: (_tributary_v1_Masking | null);
  '_batch'?: "batch";
  '_scale'?: "scale";
}

export interface GradientTask__Output {
  'round': (number);
  'parameters': (_tributary_v1_Vector__Output | null);
  'batch'?: (Buffer);
  'multipliers': (_tributary_v1_Multipliers__Output | null);
  'scale'?: (number);
  'along': (_tributary_v1_Vector__Output | null);
  'masking': (_tributary_v1_Masking__Output | null);
  '_batch'?: "batch";
  '_scale'?: "scale";
}
