// Original file: proto/control.proto


export interface DepartedClient {
  'client'?: (string);
  'reason'?: (string);
}

export interface DepartedClient__Output {
  'client': (string);
  'reason': (string);
}
