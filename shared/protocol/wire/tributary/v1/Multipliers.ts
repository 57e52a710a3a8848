// Original file: proto/tasks.proto


export interface Multipliers {
  'values'?: ({[key: string]: Buffer | Uint8Array | string});
}

export interface Multipliers__Output {
  'values': ({[key: string]: Buffer});
}
