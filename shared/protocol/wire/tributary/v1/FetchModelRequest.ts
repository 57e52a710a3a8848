// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface FetchModelRequest {
  'id'?: (string);
  'offset'?: (number | string | Long);
}

export interface FetchModelRequest__Output {
  'id': (string);
  'offset': (number);
}
