// Original file: proto/federation.proto

import type { UploadOpening as _tributary_v1_UploadOpening, UploadOpening__Output as _tributary_v1_UploadOpening__Output } from '../../tributary/v1/UploadOpening.ts';
import type { Chunk as _tributary_v1_Chunk, Chunk__Output as _tributary_v1_Chunk__Output } from '../../tributary/v1/Chunk.ts';

export interface UploadPart {
  'opening'?: (_tributary_v1_UploadOpening | null);
  'chunk'?: (_tributary_v1_Chunk | null);
  'kind'?: "opening"|"chunk";
}

export interface UploadPart__Output {
  'opening'?: (_tributary_v1_UploadOpening__Output | null);
  'chunk'?: (_tributary_v1_Chunk__Output | null);
  'kind'?: "opening"|"chunk";
}
