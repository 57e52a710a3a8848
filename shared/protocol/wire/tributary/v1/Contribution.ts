// Original file: proto/tasks.proto


export interface Contribution {
  'objective'?: (string);
  'examples'?: (number | string);
  'ignored'?: (number | string);
  'numerator'?: (number | string);
  'denominator'?: (number | string);
}

export interface Contribution__Output {
  'objective': (string);
  'examples': (number);
  'ignored': (number);
  'numerator': (number);
  'denominator': (number);
}
