// Original file: proto/tasks.proto

import type { Vector as _tributary_v1_Vector, Vector__Output as _tributary_v1_Vector__Output } from '../../tributary/v1/Vector.ts';
import type { Multipliers as _tributary_v1_Multipliers, Multipliers__Output as _tributary_v1_Multipliers__Output } from '../../tributary/v1/Multipliers.ts';
import type { Masking as _tributary_v1_Masking, Masking__Output as _tributary_v1_Masking__Output } from '../../tributary/v1/Masking.ts';

export interface TrainTask {
  'round'?: (number);
  'parameters'?: (_tributary_v1_Vector | null);
  'learningRate'?: (number | string);
  'scale'?: (number | string);
  'totals'?: (Buffer | Uint8Array | string);
  'turns'?: (number);
  'committed'?: (number);
  'multipliers'?: (_tributary_v1_Multipliers | null);
  'weights'?: (Buffer | Uint8Array | string);
  'share'?: (number | string);
  'epochs'?: (number);
  'control'?: (_tributary_v1_Vector | null);
  'clipNorm'?: (number | string);
  'masking'?: (_tributary_v1_Masking | null);
  '_scale'?: "scale";
  '_turns'?: "turns";
  '_committed'?: "committed";
  '_weights'?: "weights";
  '_share'?: "share";
  '_epochs'?: "epochs";
  '_clipNorm'?: "clipNorm";
}

export interface TrainTask__Output {
  'round': (number);
  'parameters': (_tributary_v1_Vector__Output | null);
  'learningRate': (number);
  'scale'?: (number);
  'totals': (Buffer);
  'turns'?: (number);
  'committed'?: (number);
  'multipliers': (_tributary_v1_Multipliers__Output | null);
  'weights'?: (Buffer);
  'share'?: (number);
  'epochs'?: (number);
  'control': (_tributary_v1_Vector__Output | null);
  'clipNorm'?: (number);
  'masking': (_tributary_v1_Masking__Output | null);
  '_scale'?: "scale";
  '_turns'?: "turns";
  '_committed'?: "committed";
  '_weights'?: "weights";
  '_share'?: "share";
  '_epochs'?: "epochs";
  '_clipNorm'?: "clipNorm";
}
