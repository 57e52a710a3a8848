// Original file: proto/federation.proto

import type { Long } from '@grpc/proto-loader';

export interface Receipt {
  'sha256'?: (string);
  'size'?: (number | string | Long);
}

export interface Receipt__Output {
  'sha256': (string);
  'size': (number);
}
