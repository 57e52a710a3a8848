// Original file: proto/tensors.proto

import type { Content as _tributary_v1_Content, Content__Output as _tributary_v1_Content__Output } from '../../tributary/v1/Content.ts';

export interface Vector {
  'dtype'?: (string);
  'values'?: (_tributary_v1_Content | null);
}

export interface Vector__Output {
  'dtype': (string);
  'values': (_tributary_v1_Content__Output | null);
}
