// Original file: proto/control.proto


export interface RunSummary {
  'id'?: (string);
  'name'?: (string);
  'status'?: (string);
  'explanation'?: (string);
  'round'?: (number);
  'rounds'?: (number);
  'submittedBy'?: (string);
}

export interface RunSummary__Output {
  'id': (string);
  'name': (string);
  'status': (string);
  'explanation': (string);
  'round': (number);
  'rounds': (number);
  'submittedBy': (string);
}
