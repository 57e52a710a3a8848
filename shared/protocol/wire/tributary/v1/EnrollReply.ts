// Original file: proto/federation.proto


export interface EnrollReply {
  'session'?: (string);
  'protocol'?: (number);
  'heartbeatMs'?: (number);
  'silenceMs'?: (number);
}

export interface EnrollReply__Output {
  'session': (string);
  'protocol': (number);
  'heartbeatMs': (number);
  'silenceMs': (number);
}
