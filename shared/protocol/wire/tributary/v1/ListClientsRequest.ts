// Original file: proto/control.proto


export interface ListClientsRequest {
}

export interface ListClientsRequest__Output {
}
