// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface WatchRunRequest {
  'id'?: (string);
  'after'?: (number | string | Long);
}

export interface WatchRunRequest__Output {
  'id': (string);
  'after': (number);
}
