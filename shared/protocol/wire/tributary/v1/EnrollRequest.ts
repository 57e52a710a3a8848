// Original file: proto/federation.proto


export interface EnrollRequest {
  'name'?: (string);
  'oldestProtocol'?: (number);
  'newestProtocol'?: (number);
  'kernels'?: (string);
  'version'?: (string);
  'token'?: (string);
}

export interface EnrollRequest__Output {
  'name': (string);
  'oldestProtocol': (number);
  'newestProtocol': (number);
  'kernels': (string);
  'version': (string);
  'token': (string);
}
