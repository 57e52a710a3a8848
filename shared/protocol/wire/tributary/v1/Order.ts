// Original file: proto/federation.proto

import type { Heartbeat as _tributary_v1_Heartbeat, Heartbeat__Output as _tributary_v1_Heartbeat__Output } from '../../tributary/v1/Heartbeat.ts';
import type { Invitation as _tributary_v1_Invitation, Invitation__Output as _tributary_v1_Invitation__Output } from '../../tributary/v1/Invitation.ts';
import type { Offer as _tributary_v1_Offer, Offer__Output as _tributary_v1_Offer__Output } from '../../tributary/v1/Offer.ts';
import type { Withdrawal as _tributary_v1_Withdrawal, Withdrawal__Output as _tributary_v1_Withdrawal__Output } from '../../tributary/v1/Withdrawal.ts';
import type { Dismissal as _tributary_v1_Dismissal, Dismissal__Output as _tributary_v1_Dismissal__Output } from '../../tributary/v1/Dismissal.ts';
import type { Goodbye as _tributary_v1_Goodbye, Goodbye__Output as _tributary_v1_Goodbye__Output } from '../../tributary/v1/Goodbye.ts';

export interface Order {
  'heartbeat'?: (_tributary_v1_Heartbeat | null);
  'invitation'?: (_tributary_v1_Invitation | null);
  'offer'?: (_tributary_v1_Offer | null);
  'withdrawal'?: (_tributary_v1_Withdrawal | null);
  'dismissal'?: (_tributary_v1_Dismissal | null);
  'goodbye'?: (_tributary_v1_Goodbye | null);
  'kind'?: "heartbeat"|"invitation"|"offer"|"withdrawal"|"dismissal"|"goodbye";
}

export interface Order__Output {
  'heartbeat'?: (_tributary_v1_Heartbeat__Output | null);
  'invitation'?: (_tributary_v1_Invitation__Output | null);
  'offer'?: (_tributary_v1_Offer__Output | null);
  'withdrawal'?: (_tributary_v1_Withdrawal__Output | null);
  'dismissal'?: (_tributary_v1_Dismissal__Output | null);
  'goodbye'?: (_tributary_v1_Goodbye__Output | null);
  'kind'?: "heartbeat"|"invitation"|"offer"|"withdrawal"|"dismissal"|"goodbye";
}
