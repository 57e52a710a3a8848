// Original file: proto/control.proto


export interface RunReference {
  'id'?: (string);
}

export interface RunReference__Output {
  'id': (string);
}
