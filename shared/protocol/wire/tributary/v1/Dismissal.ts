// Original file: proto/federation.proto


export interface Dismissal {
  'run'?: (string);
  'reason'?: (string);
  'over'?: (boolean);
}

export interface Dismissal__Output {
  'run': (string);
  'reason': (string);
  'over': (boolean);
}
