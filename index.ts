/**
 * The public surface of Tributary, name by name. Everything else is the inside of the house.
 *
 *     import { decodeExperiment, loadModel, simulate } from "tributary";
 */

// Experiments
export { decodeExperiment, type DecodeOptions } from "./shared/experiment/decode.ts";
export { parseOverride, type Override } from "./shared/experiment/override.ts";
export { parseExperiment, type Parsed } from "./shared/experiment/parse.ts";
export type { Finding } from "./shared/experiment/finding.ts";
export { experimentSchema, type Experiment, type ExperimentInput } from "./shared/experiment/schema.ts";
export { experimentJsonSchema } from "./shared/experiment/json-schema.ts";

// Runs
export { simulate } from "./server/simulation/simulate.ts";
export type { ClientResult, RunResult } from "./server/run/result.ts";
export type { Simulate, SimulateOptions } from "./server/simulation/options.ts";
export type { RunEvent, Score, Scores, StopReason } from "./server/events.ts";

// Trained models
export {
  createTrainedModel,
  loadModel,
  type Prediction,
  type TrainedModel,
} from "./shared/experiment/trained-model.ts";
export type { Answer } from "./shared/experiment/answers.ts";
export { decodeModelFile, encodeModelFile, type ModelFile } from "./shared/experiment/model-file.ts";
export { decodeSafetensors, encodeSafetensors, type Tensor } from "./shared/tensor/safetensors.ts";

// Data
export type { Format } from "./shared/data/readers/formats.ts";
export { readTable, type ReadOptions } from "./shared/data/readers/reader.ts";
export { fitOf, type ColumnFit, type Fit } from "./shared/data/fit.ts";
export type { Table } from "./shared/data/table.ts";

// One's own losses and models
export { checkLoss } from "./shared/losses/check.ts";
export { defineLoss, type Loss, type LossDefinition } from "./shared/losses/loss.ts";
export { fromData, fromModel, type InputSpec } from "./shared/losses/inputs.ts";
export { inGroups, overPairs, perGroup, totals, type Groups } from "./shared/losses/groups.ts";
export { encodeExtractor, extractorHash, type ExtractorLayer } from "./shared/losses/perceptual/extractor.ts";
export { defineModel, type Model, type ModelDefinition, type Place } from "./shared/models/model.ts";
export { activations, conv2d, dense, dropout, embedding, gelu, residual } from "./shared/models/layers.ts";
export { attention, multiHeadAttention } from "./shared/models/attention.ts";
export { batchNormalization, groupNormalization, layerNormalization } from "./shared/models/normalization.ts";
export { gruCell, lstmCell, simpleCell, unroll, type Cell } from "./shared/models/recurrent.ts";
export { spike, spikingCell, type SpikingOptions } from "./shared/models/spiking.ts";
export { cz, expectation, parameterShift, ry, rz, zeroState, type State } from "./shared/models/circuit.ts";
export { gradient, gradients, hessianVectorProduct } from "./shared/graph/gradient.ts";
export type { Node } from "./shared/graph/graph.ts";
/** A function for each operation, with NumPy's broadcasting: what losses and models are written in. */
export * as graph from "./shared/graph/build.ts";

// One's own aggregation
export { checkAggregation } from "./server/aggregation/check.ts";
export { defineAggregation, type Choice, type RobustRule, type RuleContext } from "./server/aggregation/rule.ts";

// One's own selection and strategy
export { checkSelection } from "./server/selection/check.ts";
export type { Selection, SelectionSeen, SelectionState, Worked } from "./server/selection/selection.ts";
export {
  checkStrategy,
  defineStrategy,
  type OwnParts,
  type OwnStrategy,
  type StrategyDefinition,
} from "./server/strategy/define-strategy.ts";
export type { Counted, Shares } from "./server/strategy/shares.ts";
export type { Optimizer } from "./shared/optimizers/optimizer.ts";

// One's own weightings, and how objectives are combined
export { defineWeighting, type Method, type MethodDefinition } from "./shared/objectives/define-weighting.ts";
export { checkWeighting, weightingLaws, type Law } from "./shared/objectives/weighting-laws.ts";
export { combine, type Combined, type CombineOptions, type ObjectiveRow } from "./shared/objectives/combine.ts";
export type { Directed, SeenGramian, SeenLosses, SeenRows, Weighed, Weighting } from "./shared/objectives/weighting.ts";

// What privacy costs
export {
  Account,
  noiseFor,
  releasesWithin,
  type AccountantName,
  type AccountOptions,
  type Cost,
} from "./shared/privacy/accountant.ts";
export { answerPrivacy, type PrivacyAnswer, type PrivacyRequest } from "./shared/privacy/privacy-request.ts";
export type { SampledGaussian } from "./shared/privacy/rdp.ts";

// Errors
export { TributaryError, type ErrorCode } from "./shared/errors.ts";
