// Original file: proto/federation.proto


export interface Goodbye {
  'reason'?: (string);
  'returnAfterMs'?: (number);
  '_returnAfterMs'?: "returnAfterMs";
}

export interface Goodbye__Output {
  'reason': (string);
  'returnAfterMs'?: (number);
  '_returnAfterMs'?: "returnAfterMs";
}
