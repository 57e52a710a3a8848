// Original file: proto/tasks.proto

import type { Advertised as _tributary_v1_Advertised, Advertised__Output as _tributary_v1_Advertised__Output } from '../../tributary/v1/Advertised.ts';

export interface Masking {
  'attempt'?: (number);
  'circle'?: ({[key: string]: _tributary_v1_Advertised});
  'dealt'?: ({[key: string]: Buffer | Uint8Array | string});
  'largestWeight'?: (number | string);
}

export interface Masking__Output {
  'attempt': (number);
  'circle': ({[key: string]: _tributary_v1_Advertised__Output});
  'dealt': ({[key: string]: Buffer});
  'largestWeight': (number);
}
