// Original file: proto/federation.proto

import type { Place as _tributary_v1_Place, Place__Output as _tributary_v1_Place__Output } from '../../tributary/v1/Place.ts';
import type { Content as _tributary_v1_Content, Content__Output as _tributary_v1_Content__Output } from '../../tributary/v1/Content.ts';

export interface Offer {
  'lease'?: (string);
  'run'?: (string);
  'client'?: (string);
  'place'?: (_tributary_v1_Place | null);
  'assignment'?: (_tributary_v1_Content | null);
  'prepared'?: (_tributary_v1_Content | null);
  'task'?: (_tributary_v1_Content | null);
}

export interface Offer__Output {
  'lease': (string);
  'run': (string);
  'client': (string);
  'place': (_tributary_v1_Place__Output | null);
  'assignment': (_tributary_v1_Content__Output | null);
  'prepared': (_tributary_v1_Content__Output | null);
  'task': (_tributary_v1_Content__Output | null);
}
