// Original file: proto/control.proto

import type { Long } from '@grpc/proto-loader';

export interface ClientAccount {
  'worker'?: (string);
  'connectedMs'?: (number | string | Long);
  'silentMs'?: (number | string | Long);
  'doing'?: (string);
  'upBytes'?: (number | string | Long);
  'downBytes'?: (number | string | Long);
  'answers'?: (number | string | Long);
  'answeringMs'?: (number | string | Long);
  '_connectedMs'?: "connectedMs";
  '_silentMs'?: "silentMs";
}

export interface ClientAccount__Output {
  'worker': (string);
  'connectedMs'?: (number);
  'silentMs'?: (number);
  'doing': (string);
  'upBytes': (number);
  'downBytes': (number);
  'answers': (number);
  'answeringMs': (number);
  '_connectedMs'?: "connectedMs";
  '_silentMs'?: "silentMs";
}
