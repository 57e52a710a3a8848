// Original file: proto/tasks.proto

import type { Contribution as _tributary_v1_Contribution, Contribution__Output as _tributary_v1_Contribution__Output } from '../../tributary/v1/Contribution.ts';

export interface Answer {
  'weight'?: (number | string);
  'steps'?: (number | string);
  'clippedExamples'?: (number | string);
  'clippedUpdate'?: (number | string);
  'overflow'?: (number | string);
  'nonFinite'?: (number | string);
  'norm'?: (number | string);
  'lost'?: (boolean);
  'contributions'?: (_tributary_v1_Contribution)[];
  'sums'?: ({[key: string]: Buffer | Uint8Array | string});
  'statistics'?: (string);
  'secure'?: ({[key: string]: Buffer | Uint8Array | string});
}

export interface Answer__Output {
  'weight': (number);
  'steps': (number);
  'clippedExamples': (number);
  'clippedUpdate': (number);
  'overflow': (number);
  'nonFinite': (number);
  'norm': (number);
  'lost': (boolean);
  'contributions': (_tributary_v1_Contribution__Output)[];
  'sums': ({[key: string]: Buffer});
  'statistics': (string);
  'secure': ({[key: string]: Buffer});
}
