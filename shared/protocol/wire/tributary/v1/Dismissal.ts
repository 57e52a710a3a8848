// Original file: proto/federation.proto


export interface Dismissal {
  'run'?: (string);
  'reason'?: (string);
}

export interface Dismissal__Output {
  'run': (string);
  'reason': (string);
}
