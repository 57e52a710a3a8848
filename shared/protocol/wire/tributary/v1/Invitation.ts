// Original file: proto/federation.proto

import type { Content as _tributary_v1_Content, Content__Output as _tributary_v1_Content__Output } from '../../tributary/v1/Content.ts';
import type { SplitLines as _tributary_v1_SplitLines, SplitLines__Output as _tributary_v1_SplitLines__Output } from '../../tributary/v1/SplitLines.ts';

export interface Invitation {
  'run'?: (string);
  'client'?: (string);
  'declaration'?: (_tributary_v1_Content | null);
  'groups'?: (string);
  'split'?: (_tributary_v1_SplitLines | null);
  'shard'?: (_tributary_v1_Content | null);
}

export interface Invitation__Output {
  'run': (string);
  'client': (string);
  'declaration': (_tributary_v1_Content__Output | null);
  'groups': (string);
  'split': (_tributary_v1_SplitLines__Output | null);
  'shard': (_tributary_v1_Content__Output | null);
}
