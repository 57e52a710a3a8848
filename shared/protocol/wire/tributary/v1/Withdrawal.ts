// Original file: proto/federation.proto


export interface Withdrawal {
  'lease'?: (string);
}

export interface Withdrawal__Output {
  'lease': (string);
}
