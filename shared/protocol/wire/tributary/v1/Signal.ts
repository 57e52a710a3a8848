// Original file: proto/federation.proto

import type { Heartbeat as _tributary_v1_Heartbeat, Heartbeat__Output as _tributary_v1_Heartbeat__Output } from '../../tributary/v1/Heartbeat.ts';
import type { Joined as _tributary_v1_Joined, Joined__Output as _tributary_v1_Joined__Output } from '../../tributary/v1/Joined.ts';
import type { Declined as _tributary_v1_Declined, Declined__Output as _tributary_v1_Declined__Output } from '../../tributary/v1/Declined.ts';
import type { Failed as _tributary_v1_Failed, Failed__Output as _tributary_v1_Failed__Output } from '../../tributary/v1/Failed.ts';

export interface Signal {
  'heartbeat'?: (_tributary_v1_Heartbeat | null);
  'joined'?: (_tributary_v1_Joined | null);
  'declined'?: (_tributary_v1_Declined | null);
  'failed'?: (_tributary_v1_Failed | null);
  'kind'?: "heartbeat"|"joined"|"declined"|"failed";
}

export interface Signal__Output {
  'heartbeat'?: (_tributary_v1_Heartbeat__Output | null);
  'joined'?: (_tributary_v1_Joined__Output | null);
  'declined'?: (_tributary_v1_Declined__Output | null);
  'failed'?: (_tributary_v1_Failed__Output | null);
  'kind'?: "heartbeat"|"joined"|"declined"|"failed";
}
