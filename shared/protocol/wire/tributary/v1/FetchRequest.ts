// Original file: proto/federation.proto

import type { Long } from '@grpc/proto-loader';

export interface FetchRequest {
  'sha256'?: (string);
  'offset'?: (number | string | Long);
}

export interface FetchRequest__Output {
  'sha256': (string);
  'offset': (number);
}
