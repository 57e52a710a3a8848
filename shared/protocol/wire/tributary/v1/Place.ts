// Original file: proto/federation.proto


export interface Place {
  'round'?: (number);
  'attempt'?: (number);
  'exchange'?: (number);
  'pass'?: (number);
}

export interface Place__Output {
  'round': (number);
  'attempt': (number);
  'exchange': (number);
  'pass': (number);
}
