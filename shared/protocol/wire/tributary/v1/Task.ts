// Original file: proto/tasks.proto

import type { StatisticsTask as _tributary_v1_StatisticsTask, StatisticsTask__Output as _tributary_v1_StatisticsTask__Output } from '../../tributary/v1/StatisticsTask.ts';
import type { PrepareTask as _tributary_v1_PrepareTask, PrepareTask__Output as _tributary_v1_PrepareTask__Output } from '../../tributary/v1/PrepareTask.ts';
import type { TrainTask as _tributary_v1_TrainTask, TrainTask__Output as _tributary_v1_TrainTask__Output } from '../../tributary/v1/TrainTask.ts';
import type { SumsTask as _tributary_v1_SumsTask, SumsTask__Output as _tributary_v1_SumsTask__Output } from '../../tributary/v1/SumsTask.ts';
import type { GradientTask as _tributary_v1_GradientTask, GradientTask__Output as _tributary_v1_GradientTask__Output } from '../../tributary/v1/GradientTask.ts';
import type { EvaluateTask as _tributary_v1_EvaluateTask, EvaluateTask__Output as _tributary_v1_EvaluateTask__Output } from '../../tributary/v1/EvaluateTask.ts';
import type { SecureTask as _tributary_v1_SecureTask, SecureTask__Output as _tributary_v1_SecureTask__Output } from '../../tributary/v1/SecureTask.ts';

export interface Task {
  'statistics'?: (_tributary_v1_StatisticsTask | null);
  'prepare'?: (_tributary_v1_PrepareTask | null);
  'train'?: (_tributary_v1_TrainTask | null);
  'sums'?: (_tributary_v1_SumsTask | null);
  'gradient'?: (_tributary_v1_GradientTask | null);
  'evaluate'?: (_tributary_v1_EvaluateTask | null);
  'secure'?: (_tributary_v1_SecureTask | null);
  'kind'?: "statistics"|"prepare"|"train"|"sums"|"gradient"|"evaluate"|"secure";
}

export interface Task__Output {
  'statistics'?: (_tributary_v1_StatisticsTask__Output | null);
  'prepare'?: (_tributary_v1_PrepareTask__Output | null);
  'train'?: (_tributary_v1_TrainTask__Output | null);
  'sums'?: (_tributary_v1_SumsTask__Output | null);
  'gradient'?: (_tributary_v1_GradientTask__Output | null);
  'evaluate'?: (_tributary_v1_EvaluateTask__Output | null);
  'secure'?: (_tributary_v1_SecureTask__Output | null);
  'kind'?: "statistics"|"prepare"|"train"|"sums"|"gradient"|"evaluate"|"secure";
}
