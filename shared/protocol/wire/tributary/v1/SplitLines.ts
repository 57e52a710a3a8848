// Original file: proto/federation.proto


export interface SplitLines {
  'train'?: (Buffer | Uint8Array | string);
  'test'?: (Buffer | Uint8Array | string);
}

export interface SplitLines__Output {
  'train': (Buffer);
  'test': (Buffer);
}
