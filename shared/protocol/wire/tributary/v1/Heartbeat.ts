// Original file: proto/federation.proto


export interface Heartbeat {
  'doing'?: (string);
}

export interface Heartbeat__Output {
  'doing': (string);
}
