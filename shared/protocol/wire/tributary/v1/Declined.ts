// Original file: proto/federation.proto


export interface Declined {
  'run'?: (string);
  'client'?: (string);
  'reason'?: (string);
}

export interface Declined__Output {
  'run': (string);
  'client': (string);
  'reason': (string);
}
