// Original file: proto/tasks.proto


export interface Standardization {
  'columns'?: (string)[];
  'fill'?: (Buffer | Uint8Array | string);
  'center'?: (Buffer | Uint8Array | string);
  'scale'?: (Buffer | Uint8Array | string);
}

export interface Standardization__Output {
  'columns': (string)[];
  'fill': (Buffer);
  'center': (Buffer);
  'scale': (Buffer);
}
