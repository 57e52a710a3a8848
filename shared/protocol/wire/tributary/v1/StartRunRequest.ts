// Original file: proto/control.proto


export interface StartRunRequest {
  'experiment'?: (string);
  'source'?: (string);
  'clients'?: (number);
  'workers'?: (number);
}

export interface StartRunRequest__Output {
  'experiment': (string);
  'source': (string);
  'clients': (number);
  'workers': (number);
}
