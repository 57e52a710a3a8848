// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface LoggedEvent {
  'seq'?: (number | string | Long);
  'event'?: (string);
}

export interface LoggedEvent__Output {
  'seq': (number);
  'event': (string);
}
