// Original file: proto/tasks.proto


export interface Advertised {
  'identity'?: (Buffer | Uint8Array | string);
  'sealing'?: (Buffer | Uint8Array | string);
  'masking'?: (Buffer | Uint8Array | string);
  'commitment'?: (Buffer | Uint8Array | string);
  'signature'?: (Buffer | Uint8Array | string);
}

export interface Advertised__Output {
  'identity': (Buffer);
  'sealing': (Buffer);
  'masking': (Buffer);
  'commitment': (Buffer);
  'signature': (Buffer);
}
