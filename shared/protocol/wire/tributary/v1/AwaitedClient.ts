// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface AwaitedClient {
  'client'?: (string);
  'worker'?: (string);
  'silentMs'?: (number | string | Long);
  'doing'?: (string);
  'declined'?: (string);
  '_silentMs'?: "silentMs";
}

export interface AwaitedClient__Output {
  'client': (string);
  'worker': (string);
  'silentMs'?: (number);
  'doing': (string);
  'declined': (string);
  '_silentMs'?: "silentMs";
}
