// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface ModelPart {
  'size'?: (number | string | Long);
  'sha256'?: (string);
  'data'?: (Buffer | Uint8Array | string);
}

export interface ModelPart__Output {
  'size': (number);
  'sha256': (string);
  'data': (Buffer);
}
