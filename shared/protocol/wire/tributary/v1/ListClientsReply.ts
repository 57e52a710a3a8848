// Original file: proto/control.proto

import type { ClientAccount as _tributary_v1_ClientAccount, ClientAccount__Output as _tributary_v1_ClientAccount__Output } from '../../tributary/v1/ClientAccount.ts';
import type { Long } from '@grpc/proto-loader';

export interface ListClientsReply {
  'sinceMs'?: (number | string | Long);
  'clients'?: (_tributary_v1_ClientAccount)[];
}

export interface ListClientsReply__Output {
  'sinceMs': (number);
  'clients': (_tributary_v1_ClientAccount__Output)[];
}
