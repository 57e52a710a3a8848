// Original file: proto/control.proto


export interface RunSetting {
  'path'?: (string);
  'value'?: (string);
}

export interface RunSetting__Output {
  'path': (string);
  'value': (string);
}
