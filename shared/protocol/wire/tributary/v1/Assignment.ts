// Original file: proto/program.proto

import type { Content as _tributary_v1_Content, Content__Output as _tributary_v1_Content__Output } from '../../tributary/v1/Content.ts';

export interface Assignment {
  'settings'?: (string);
  'work'?: (_tributary_v1_Content | null);
  'evaluation'?: (_tributary_v1_Content | null);
  'counting'?: (_tributary_v1_Content | null);
  'sums'?: (_tributary_v1_Content | null);
  'tuning'?: (_tributary_v1_Content | null);
  'slopes'?: (_tributary_v1_Content | null);
}

export interface Assignment__Output {
  'settings': (string);
  'work': (_tributary_v1_Content__Output | null);
  'evaluation': (_tributary_v1_Content__Output | null);
  'counting': (_tributary_v1_Content__Output | null);
  'sums': (_tributary_v1_Content__Output | null);
  'tuning': (_tributary_v1_Content__Output | null);
  'slopes': (_tributary_v1_Content__Output | null);
}
