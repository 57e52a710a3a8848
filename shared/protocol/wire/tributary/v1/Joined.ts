// Original file: proto/federation.proto


export interface Joined {
  'run'?: (string);
  'client'?: (string);
  'trainRows'?: (number);
  'testRows'?: (number);
  'blocks'?: (Buffer | Uint8Array | string)[];
  'largestEvaluated'?: (number);
}

export interface Joined__Output {
  'run': (string);
  'client': (string);
  'trainRows': (number);
  'testRows': (number);
  'blocks': (Buffer)[];
  'largestEvaluated': (number);
}
