// Original file: proto/federation.proto

import type { Content as _tributary_v1_Content, Content__Output as _tributary_v1_Content__Output } from '../../tributary/v1/Content.ts';

export interface UploadOpening {
  'lease'?: (string);
  'answer'?: (Buffer | Uint8Array | string);
  'vectors'?: (_tributary_v1_Content | null);
}

export interface UploadOpening__Output {
  'lease': (string);
  'answer': (Buffer);
  'vectors': (_tributary_v1_Content__Output | null);
}
