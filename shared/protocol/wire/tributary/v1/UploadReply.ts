// Original file: proto/federation.proto

import type { Receipt as _tributary_v1_Receipt, Receipt__Output as _tributary_v1_Receipt__Output } from '../../tributary/v1/Receipt.ts';
import type { Long } from '@grpc/proto-loader';

export interface UploadReply {
  'offset'?: (number | string | Long);
  'receipt'?: (_tributary_v1_Receipt | null);
  'chunkBytes'?: (number);
  'kind'?: "offset"|"receipt";
}

export interface UploadReply__Output {
  'offset'?: (number);
  'receipt'?: (_tributary_v1_Receipt__Output | null);
  'chunkBytes': (number);
  'kind'?: "offset"|"receipt";
}
