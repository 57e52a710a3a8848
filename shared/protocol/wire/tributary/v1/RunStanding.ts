// Original file: proto/control.proto

import type { AwaitedClient as _tributary_v1_AwaitedClient, AwaitedClient__Output as _tributary_v1_AwaitedClient__Output } from '../../tributary/v1/AwaitedClient.ts';
import type { DepartedClient as _tributary_v1_DepartedClient, DepartedClient__Output as _tributary_v1_DepartedClient__Output } from '../../tributary/v1/DepartedClient.ts';
import type { Long } from '@grpc/proto-loader';

export interface RunStanding {
  'phase'?: (string);
  'round'?: (number);
  'attempt'?: (number);
  'exchange'?: (string);
  'forMs'?: (number | string | Long);
  'deadlineLeftMs'?: (number | string | Long);
  'quorum'?: (number);
  'awaited'?: (_tributary_v1_AwaitedClient)[];
  'reported'?: (string)[];
  'left'?: (_tributary_v1_DepartedClient)[];
  'turnedAway'?: (_tributary_v1_DepartedClient)[];
  '_deadlineLeftMs'?: "deadlineLeftMs";
}

export interface RunStanding__Output {
  'phase': (string);
  'round': (number);
  'attempt': (number);
  'exchange': (string);
  'forMs': (number);
  'deadlineLeftMs'?: (number);
  'quorum': (number);
  'awaited': (_tributary_v1_AwaitedClient__Output)[];
  'reported': (string)[];
  'left': (_tributary_v1_DepartedClient__Output)[];
  'turnedAway': (_tributary_v1_DepartedClient__Output)[];
  '_deadlineLeftMs'?: "deadlineLeftMs";
}
