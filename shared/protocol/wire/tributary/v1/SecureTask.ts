// Original file: proto/tasks.proto

import type { Advertised as _tributary_v1_Advertised, Advertised__Output as _tributary_v1_Advertised__Output } from '../../tributary/v1/Advertised.ts';

export interface SecureTask {
  'step'?: (string);
  'round'?: (number);
  'attempt'?: (number);
  'circle'?: ({[key: string]: _tributary_v1_Advertised});
  'dealt'?: ({[key: string]: Buffer | Uint8Array | string});
  'survivors'?: (string)[];
  'confirmations'?: ({[key: string]: Buffer | Uint8Array | string});
}

export interface SecureTask__Output {
  'step': (string);
  'round': (number);
  'attempt': (number);
  'circle': ({[key: string]: _tributary_v1_Advertised__Output});
  'dealt': ({[key: string]: Buffer});
  'survivors': (string)[];
  'confirmations': ({[key: string]: Buffer});
}
