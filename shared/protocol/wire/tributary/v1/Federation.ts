// Original file: proto/federation.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Chunk as _tributary_v1_Chunk, Chunk__Output as _tributary_v1_Chunk__Output } from '../../tributary/v1/Chunk.ts';
import type { EnrollReply as _tributary_v1_EnrollReply, EnrollReply__Output as _tributary_v1_EnrollReply__Output } from '../../tributary/v1/EnrollReply.ts';
import type { EnrollRequest as _tributary_v1_EnrollRequest, EnrollRequest__Output as _tributary_v1_EnrollRequest__Output } from '../../tributary/v1/EnrollRequest.ts';
import type { FetchRequest as _tributary_v1_FetchRequest, FetchRequest__Output as _tributary_v1_FetchRequest__Output } from '../../tributary/v1/FetchRequest.ts';
import type { Order as _tributary_v1_Order, Order__Output as _tributary_v1_Order__Output } from '../../tributary/v1/Order.ts';
import type { Signal as _tributary_v1_Signal, Signal__Output as _tributary_v1_Signal__Output } from '../../tributary/v1/Signal.ts';
import type { UploadPart as _tributary_v1_UploadPart, UploadPart__Output as _tributary_v1_UploadPart__Output } from '../../tributary/v1/UploadPart.ts';
import type { UploadReply as _tributary_v1_UploadReply, UploadReply__Output as _tributary_v1_UploadReply__Output } from '../../tributary/v1/UploadReply.ts';

export interface FederationClient extends grpc.Client {
  Attend(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_tributary_v1_Signal, _tributary_v1_Order__Output>;
  Attend(options?: grpc.CallOptions): grpc.ClientDuplexStream<_tributary_v1_Signal, _tributary_v1_Order__Output>;
  attend(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_tributary_v1_Signal, _tributary_v1_Order__Output>;
  attend(options?: grpc.CallOptions): grpc.ClientDuplexStream<_tributary_v1_Signal, _tributary_v1_Order__Output>;
  
  Enroll(argument: _tributary_v1_EnrollRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_EnrollReply__Output>): grpc.ClientUnaryCall;
  Enroll(argument: _tributary_v1_EnrollRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tributary_v1_EnrollReply__Output>): grpc.ClientUnaryCall;
  Enroll(argument: _tributary_v1_EnrollRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_EnrollReply__Output>): grpc.ClientUnaryCall;
  Enroll(argument: _tributary_v1_EnrollRequest, callback: grpc.requestCallback<_tributary_v1_EnrollReply__Output>): grpc.ClientUnaryCall;
  enroll(argument: _tributary_v1_EnrollRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_EnrollReply__Output>): grpc.ClientUnaryCall;
  enroll(argument: _tributary_v1_EnrollRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tributary_v1_EnrollReply__Output>): grpc.ClientUnaryCall;
  enroll(argument: _tributary_v1_EnrollRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_EnrollReply__Output>): grpc.ClientUnaryCall;
  enroll(argument: _tributary_v1_EnrollRequest, callback: grpc.requestCallback<_tributary_v1_EnrollReply__Output>): grpc.ClientUnaryCall;
  
  Fetch(argument: _tributary_v1_FetchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_tributary_v1_Chunk__Output>;
  Fetch(argument: _tributary_v1_FetchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_tributary_v1_Chunk__Output>;
  fetch(argument: _tributary_v1_FetchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_tributary_v1_Chunk__Output>;
  fetch(argument: _tributary_v1_FetchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_tributary_v1_Chunk__Output>;
  
  Submit(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_tributary_v1_UploadPart, _tributary_v1_UploadReply__Output>;
  Submit(options?: grpc.CallOptions): grpc.ClientDuplexStream<_tributary_v1_UploadPart, _tributary_v1_UploadReply__Output>;
  submit(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_tributary_v1_UploadPart, _tributary_v1_UploadReply__Output>;
  submit(options?: grpc.CallOptions): grpc.ClientDuplexStream<_tributary_v1_UploadPart, _tributary_v1_UploadReply__Output>;
  
}

export interface FederationHandlers extends grpc.UntypedServiceImplementation {
  Attend: grpc.handleBidiStreamingCall<_tributary_v1_Signal__Output, _tributary_v1_Order>;
  
  Enroll: grpc.handleUnaryCall<_tributary_v1_EnrollRequest__Output, _tributary_v1_EnrollReply>;
  
  Fetch: grpc.handleServerStreamingCall<_tributary_v1_FetchRequest__Output, _tributary_v1_Chunk>;
  
  Submit: grpc.handleBidiStreamingCall<_tributary_v1_UploadPart__Output, _tributary_v1_UploadReply>;
  
}

export interface FederationDefinition extends grpc.ServiceDefinition {
  Attend: MethodDefinition<_tributary_v1_Signal, _tributary_v1_Order, _tributary_v1_Signal__Output, _tributary_v1_Order__Output>
  Enroll: MethodDefinition<_tributary_v1_EnrollRequest, _tributary_v1_EnrollReply, _tributary_v1_EnrollRequest__Output, _tributary_v1_EnrollReply__Output>
  Fetch: MethodDefinition<_tributary_v1_FetchRequest, _tributary_v1_Chunk, _tributary_v1_FetchRequest__Output, _tributary_v1_Chunk__Output>
  Submit: MethodDefinition<_tributary_v1_UploadPart, _tributary_v1_UploadReply, _tributary_v1_UploadPart__Output, _tributary_v1_UploadReply__Output>
}
