// Original file: proto/tensors.proto

import type { Long } from '@grpc/proto-loader';

export interface Content {
  'sha256'?: (string);
  'size'?: (number | string | Long);
  'bytes'?: (Buffer | Uint8Array | string);
}

export interface Content__Output {
  'sha256': (string);
  'size': (number);
  'bytes': (Buffer);
}
