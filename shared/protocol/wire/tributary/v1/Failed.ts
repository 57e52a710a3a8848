// Original file: proto/federation.proto


export interface Failed {
  'lease'?: (string);
  'reason'?: (string);
}

export interface Failed__Output {
  'lease': (string);
  'reason': (string);
}
