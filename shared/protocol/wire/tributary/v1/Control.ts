// Original file: proto/control.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AdjustRunRequest as _tributary_v1_AdjustRunRequest, AdjustRunRequest__Output as _tributary_v1_AdjustRunRequest__Output } from '../../tributary/v1/AdjustRunRequest.ts';
import type { FetchModelRequest as _tributary_v1_FetchModelRequest, FetchModelRequest__Output as _tributary_v1_FetchModelRequest__Output } from '../../tributary/v1/FetchModelRequest.ts';
import type { ListClientsReply as _tributary_v1_ListClientsReply, ListClientsReply__Output as _tributary_v1_ListClientsReply__Output } from '../../tributary/v1/ListClientsReply.ts';
import type { ListClientsRequest as _tributary_v1_ListClientsRequest, ListClientsRequest__Output as _tributary_v1_ListClientsRequest__Output } from '../../tributary/v1/ListClientsRequest.ts';
import type { ListRunsReply as _tributary_v1_ListRunsReply, ListRunsReply__Output as _tributary_v1_ListRunsReply__Output } from '../../tributary/v1/ListRunsReply.ts';
import type { ListRunsRequest as _tributary_v1_ListRunsRequest, ListRunsRequest__Output as _tributary_v1_ListRunsRequest__Output } from '../../tributary/v1/ListRunsRequest.ts';
import type { LoggedEvent as _tributary_v1_LoggedEvent, LoggedEvent__Output as _tributary_v1_LoggedEvent__Output } from '../../tributary/v1/LoggedEvent.ts';
import type { ModelPart as _tributary_v1_ModelPart, ModelPart__Output as _tributary_v1_ModelPart__Output } from '../../tributary/v1/ModelPart.ts';
import type { RunAdjustment as _tributary_v1_RunAdjustment, RunAdjustment__Output as _tributary_v1_RunAdjustment__Output } from '../../tributary/v1/RunAdjustment.ts';
import type { RunDetail as _tributary_v1_RunDetail, RunDetail__Output as _tributary_v1_RunDetail__Output } from '../../tributary/v1/RunDetail.ts';
import type { RunReference as _tributary_v1_RunReference, RunReference__Output as _tributary_v1_RunReference__Output } from '../../tributary/v1/RunReference.ts';
import type { RunSummary as _tributary_v1_RunSummary, RunSummary__Output as _tributary_v1_RunSummary__Output } from '../../tributary/v1/RunSummary.ts';
import type { StartRunRequest as _tributary_v1_StartRunRequest, StartRunRequest__Output as _tributary_v1_StartRunRequest__Output } from '../../tributary/v1/StartRunRequest.ts';
import type { WatchRunRequest as _tributary_v1_WatchRunRequest, WatchRunRequest__Output as _tributary_v1_WatchRunRequest__Output } from '../../tributary/v1/WatchRunRequest.ts';

export interface ControlClient extends grpc.Client {
  AdjustRun(argument: _tributary_v1_AdjustRunRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_RunAdjustment__Output>): grpc.ClientUnaryCall;
  AdjustRun(argument: _tributary_v1_AdjustRunRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tributary_v1_RunAdjustment__Output>): grpc.ClientUnaryCall;
  AdjustRun(argument: _tributary_v1_AdjustRunRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_RunAdjustment__Output>): grpc.ClientUnaryCall;
  AdjustRun(argument: _tributary_v1_AdjustRunRequest, callback: grpc.requestCallback<_tributary_v1_RunAdjustment__Output>): grpc.ClientUnaryCall;
  adjustRun(argument: _tributary_v1_AdjustRunRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_RunAdjustment__Output>): grpc.ClientUnaryCall;
  adjustRun(argument: _tributary_v1_AdjustRunRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tributary_v1_RunAdjustment__Output>): grpc.ClientUnaryCall;
  adjustRun(argument: _tributary_v1_AdjustRunRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_RunAdjustment__Output>): grpc.ClientUnaryCall;
  adjustRun(argument: _tributary_v1_AdjustRunRequest, callback: grpc.requestCallback<_tributary_v1_RunAdjustment__Output>): grpc.ClientUnaryCall;
  
  FetchModel(argument: _tributary_v1_FetchModelRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_tributary_v1_ModelPart__Output>;
  FetchModel(argument: _tributary_v1_FetchModelRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_tributary_v1_ModelPart__Output>;
  fetchModel(argument: _tributary_v1_FetchModelRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_tributary_v1_ModelPart__Output>;
  fetchModel(argument: _tributary_v1_FetchModelRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_tributary_v1_ModelPart__Output>;
  
  ListClients(argument: _tributary_v1_ListClientsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_ListClientsReply__Output>): grpc.ClientUnaryCall;
  ListClients(argument: _tributary_v1_ListClientsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tributary_v1_ListClientsReply__Output>): grpc.ClientUnaryCall;
  ListClients(argument: _tributary_v1_ListClientsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_ListClientsReply__Output>): grpc.ClientUnaryCall;
  ListClients(argument: _tributary_v1_ListClientsRequest, callback: grpc.requestCallback<_tributary_v1_ListClientsReply__Output>): grpc.ClientUnaryCall;
  listClients(argument: _tributary_v1_ListClientsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_ListClientsReply__Output>): grpc.ClientUnaryCall;
  listClients(argument: _tributary_v1_ListClientsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tributary_v1_ListClientsReply__Output>): grpc.ClientUnaryCall;
  listClients(argument: _tributary_v1_ListClientsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_ListClientsReply__Output>): grpc.ClientUnaryCall;
  listClients(argument: _tributary_v1_ListClientsRequest, callback: grpc.requestCallback<_tributary_v1_ListClientsReply__Output>): grpc.ClientUnaryCall;
  
  ListRuns(argument: _tributary_v1_ListRunsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_ListRunsReply__Output>): grpc.ClientUnaryCall;
  ListRuns(argument: _tributary_v1_ListRunsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tributary_v1_ListRunsReply__Output>): grpc.ClientUnaryCall;
  ListRuns(argument: _tributary_v1_ListRunsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_ListRunsReply__Output>): grpc.ClientUnaryCall;
  ListRuns(argument: _tributary_v1_ListRunsRequest, callback: grpc.requestCallback<_tributary_v1_ListRunsReply__Output>): grpc.ClientUnaryCall;
  listRuns(argument: _tributary_v1_ListRunsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_ListRunsReply__Output>): grpc.ClientUnaryCall;
  listRuns(argument: _tributary_v1_ListRunsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tributary_v1_ListRunsReply__Output>): grpc.ClientUnaryCall;
  listRuns(argument: _tributary_v1_ListRunsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_ListRunsReply__Output>): grpc.ClientUnaryCall;
  listRuns(argument: _tributary_v1_ListRunsRequest, callback: grpc.requestCallback<_tributary_v1_ListRunsReply__Output>): grpc.ClientUnaryCall;
  
  ShowRun(argument: _tributary_v1_RunReference, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_RunDetail__Output>): grpc.ClientUnaryCall;
  ShowRun(argument: _tributary_v1_RunReference, metadata: grpc.Metadata, callback: grpc.requestCallback<_tributary_v1_RunDetail__Output>): grpc.ClientUnaryCall;
  ShowRun(argument: _tributary_v1_RunReference, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_RunDetail__Output>): grpc.ClientUnaryCall;
  ShowRun(argument: _tributary_v1_RunReference, callback: grpc.requestCallback<_tributary_v1_RunDetail__Output>): grpc.ClientUnaryCall;
  showRun(argument: _tributary_v1_RunReference, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_RunDetail__Output>): grpc.ClientUnaryCall;
  showRun(argument: _tributary_v1_RunReference, metadata: grpc.Metadata, callback: grpc.requestCallback<_tributary_v1_RunDetail__Output>): grpc.ClientUnaryCall;
  showRun(argument: _tributary_v1_RunReference, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_RunDetail__Output>): grpc.ClientUnaryCall;
  showRun(argument: _tributary_v1_RunReference, callback: grpc.requestCallback<_tributary_v1_RunDetail__Output>): grpc.ClientUnaryCall;
  
  StartRun(argument: _tributary_v1_StartRunRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_RunSummary__Output>): grpc.ClientUnaryCall;
  StartRun(argument: _tributary_v1_StartRunRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tributary_v1_RunSummary__Output>): grpc.ClientUnaryCall;
  StartRun(argument: _tributary_v1_StartRunRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_RunSummary__Output>): grpc.ClientUnaryCall;
  StartRun(argument: _tributary_v1_StartRunRequest, callback: grpc.requestCallback<_tributary_v1_RunSummary__Output>): grpc.ClientUnaryCall;
  startRun(argument: _tributary_v1_StartRunRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_RunSummary__Output>): grpc.ClientUnaryCall;
  startRun(argument: _tributary_v1_StartRunRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tributary_v1_RunSummary__Output>): grpc.ClientUnaryCall;
  startRun(argument: _tributary_v1_StartRunRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_RunSummary__Output>): grpc.ClientUnaryCall;
  startRun(argument: _tributary_v1_StartRunRequest, callback: grpc.requestCallback<_tributary_v1_RunSummary__Output>): grpc.ClientUnaryCall;
  
  StopRun(argument: _tributary_v1_RunReference, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_RunSummary__Output>): grpc.ClientUnaryCall;
  StopRun(argument: _tributary_v1_RunReference, metadata: grpc.Metadata, callback: grpc.requestCallback<_tributary_v1_RunSummary__Output>): grpc.ClientUnaryCall;
  StopRun(argument: _tributary_v1_RunReference, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_RunSummary__Output>): grpc.ClientUnaryCall;
  StopRun(argument: _tributary_v1_RunReference, callback: grpc.requestCallback<_tributary_v1_RunSummary__Output>): grpc.ClientUnaryCall;
  stopRun(argument: _tributary_v1_RunReference, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_RunSummary__Output>): grpc.ClientUnaryCall;
  stopRun(argument: _tributary_v1_RunReference, metadata: grpc.Metadata, callback: grpc.requestCallback<_tributary_v1_RunSummary__Output>): grpc.ClientUnaryCall;
  stopRun(argument: _tributary_v1_RunReference, options: grpc.CallOptions, callback: grpc.requestCallback<_tributary_v1_RunSummary__Output>): grpc.ClientUnaryCall;
  stopRun(argument: _tributary_v1_RunReference, callback: grpc.requestCallback<_tributary_v1_RunSummary__Output>): grpc.ClientUnaryCall;
  
  WatchRun(argument: _tributary_v1_WatchRunRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_tributary_v1_LoggedEvent__Output>;
  WatchRun(argument: _tributary_v1_WatchRunRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_tributary_v1_LoggedEvent__Output>;
  watchRun(argument: _tributary_v1_WatchRunRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_tributary_v1_LoggedEvent__Output>;
  watchRun(argument: _tributary_v1_WatchRunRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_tributary_v1_LoggedEvent__Output>;
  
}

export interface ControlHandlers extends grpc.UntypedServiceImplementation {
  AdjustRun: grpc.handleUnaryCall<_tributary_v1_AdjustRunRequest__Output, _tributary_v1_RunAdjustment>;
  
  FetchModel: grpc.handleServerStreamingCall<_tributary_v1_FetchModelRequest__Output, _tributary_v1_ModelPart>;
  
  ListClients: grpc.handleUnaryCall<_tributary_v1_ListClientsRequest__Output, _tributary_v1_ListClientsReply>;
  
  ListRuns: grpc.handleUnaryCall<_tributary_v1_ListRunsRequest__Output, _tributary_v1_ListRunsReply>;
  
  ShowRun: grpc.handleUnaryCall<_tributary_v1_RunReference__Output, _tributary_v1_RunDetail>;
  
  StartRun: grpc.handleUnaryCall<_tributary_v1_StartRunRequest__Output, _tributary_v1_RunSummary>;
  
  StopRun: grpc.handleUnaryCall<_tributary_v1_RunReference__Output, _tributary_v1_RunSummary>;
  
  WatchRun: grpc.handleServerStreamingCall<_tributary_v1_WatchRunRequest__Output, _tributary_v1_LoggedEvent>;
  
}

export interface ControlDefinition extends grpc.ServiceDefinition {
  AdjustRun: MethodDefinition<_tributary_v1_AdjustRunRequest, _tributary_v1_RunAdjustment, _tributary_v1_AdjustRunRequest__Output, _tributary_v1_RunAdjustment__Output>
  FetchModel: MethodDefinition<_tributary_v1_FetchModelRequest, _tributary_v1_ModelPart, _tributary_v1_FetchModelRequest__Output, _tributary_v1_ModelPart__Output>
  ListClients: MethodDefinition<_tributary_v1_ListClientsRequest, _tributary_v1_ListClientsReply, _tributary_v1_ListClientsRequest__Output, _tributary_v1_ListClientsReply__Output>
  ListRuns: MethodDefinition<_tributary_v1_ListRunsRequest, _tributary_v1_ListRunsReply, _tributary_v1_ListRunsRequest__Output, _tributary_v1_ListRunsReply__Output>
  ShowRun: MethodDefinition<_tributary_v1_RunReference, _tributary_v1_RunDetail, _tributary_v1_RunReference__Output, _tributary_v1_RunDetail__Output>
  StartRun: MethodDefinition<_tributary_v1_StartRunRequest, _tributary_v1_RunSummary, _tributary_v1_StartRunRequest__Output, _tributary_v1_RunSummary__Output>
  StopRun: MethodDefinition<_tributary_v1_RunReference, _tributary_v1_RunSummary, _tributary_v1_RunReference__Output, _tributary_v1_RunSummary__Output>
  WatchRun: MethodDefinition<_tributary_v1_WatchRunRequest, _tributary_v1_LoggedEvent, _tributary_v1_WatchRunRequest__Output, _tributary_v1_LoggedEvent__Output>
}
