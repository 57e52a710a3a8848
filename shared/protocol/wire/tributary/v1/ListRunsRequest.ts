// Original file: proto/control.proto


export interface ListRunsRequest {
}

export interface ListRunsRequest__Output {
}
