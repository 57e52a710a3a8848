/**
 * A task: what one client is asked to do in one exchange, as data. The programs, the local settings and the client's rows are
 * known from its assignment (`assignment.ts`); a task carries only what changes from exchange to exchange.
 *
 *     statistics   the sums that standardization is made of, over the client's training rows
 *     prepare      standardize the own rows, count the denominators of every objective over the training rows
 *     train        local steps from `parameters`; the answer is one change of the model                      (update mode)
 *     sums         the sums S of objectives that are functions F of sums, over the rows of the round, forward only; or sketches of gradients
 *     gradient     numerator, denominator and gradient of the numerator of every objective at `parameters`   (gradient mode)
 *     evaluate     numerators, denominators and metric sums at `parameters`, forward only
 *     secure       a step of what makes a sum secure: keys, shares, confirm, unmask                          (`secure.ts`)
 *
 * The answer to each (`answer.ts`) holds sums, never means.
 */
import type { Standardization } from "../data/schema.ts";
import type { Masking, SecureTask } from "./secure.ts";

export type Vector = Float32Array | Float64Array;

/** Rows of a client: those it trains on, or those held out. */
export type Part = "train" | "test";

export interface StatisticsTask {
  readonly kind: "statistics";
}

export interface PrepareTask {
  readonly kind: "prepare";
  /** Everybody's; left out when each client has its own, or none is needed. */
  readonly standardization?: Standardization;
}

export interface TrainTask {
  readonly kind: "train";
  readonly round: number;
  /** The model that local work starts from: all shared parameters, flat, in the program's order. */
  readonly parameters: Vector;
  readonly learningRate: number;
  /** What the change is multiplied by before it is rounded for its journey. @default 1 */
  readonly scale?: number;
  /**
   * For each objective its total Dᵢ over the cohort, or the declared constant: what weighs clients and scales local losses.
   * 0 = no row of the cohort counts for it, and the objective sits the round out.
   */
  readonly totals: readonly number[];
  /** What objectives count for in this round, where that is no longer what the assignment says. */
  readonly weights?: readonly number[];
  /** How many committed rounds a client took part in before; 0 when left out. For local work that goes on where it stopped. */
  readonly turns?: ReadonlyMap<string, number>;
  /** The last committed round of a client; 0 when left out. What it kept in that round holds (`kept.ts`). */
  readonly committed?: ReadonlyMap<string, number>;
  /** What each client's change weighs in the sum; aₖ when left out. */
  readonly shares?: ReadonlyMap<string, number>;
  /** The passes of clients that make fewer than the assignment asks. */
  readonly epochs?: ReadonlyMap<string, number>;
  /** What the change is shortened to in this round, where that is not as the assignment says. */
  readonly clipNorm?: number;
  /** c, the control variate of all clients (SCAFFOLD). */
  readonly control?: Vector;
  /** Frozen for this round's local steps; none where each batch goes by its own sums. */
  readonly multipliers?: Multipliers;
  /** How the answer is masked; it is told as it is when left out. */
  readonly masking?: Masking;
}

/** `<objective>/<sum>` → λ = ∂F/∂S, for every sum of every objective that is a function of sums. */
export type Multipliers = Readonly<Record<string, Float64Array>>;

export interface SumsTask {
  readonly kind: "sums";
  readonly round: number;
  readonly parameters: Vector;
  /** As of the gradient task that will follow. */
  readonly batch?: ReadonlyMap<string, Int32Array>;
  /** Instead: the sketch of each objective's gradient (update mode). @default false */
  readonly sketches?: boolean;
}

export interface GradientTask {
  readonly kind: "gradient";
  readonly round: number;
  readonly parameters: Vector;
  /** The client's rows of this round's global batch, as positions among its training rows; all of them when left out. */
  readonly batch?: ReadonlyMap<string, Int32Array>;
  readonly multipliers?: Multipliers;
  /**
   * u, laid out as the model: instead of ∇num, the slope of ⟨u, ∇num⟩ with respect to the parameters of losses that are tuned,
   * and no numerators.
   */
  readonly along?: Vector;
  /** What the gradients are multiplied by before they are rounded for their journey. @default 1 */
  readonly scale?: number;
  /** How the answer is masked; it is told as it is when left out. */
  readonly masking?: Masking;
}

export interface EvaluateTask {
  readonly kind: "evaluate";
  readonly parameters: Vector;
  readonly part: Part;
  /** Whether it is about each client's own model in place of this one. @default false */
  readonly personal?: true;
  /** The last committed round of a client, as in a training task; for what it has of its own. */
  readonly committed?: ReadonlyMap<string, number>;
}

export type Task = StatisticsTask | PrepareTask | TrainTask | SumsTask | GradientTask | EvaluateTask | SecureTask;

/** What a task itself says that its vectors are shortened to. */
export const clipOf = (task: Task): number | undefined => (task.kind === "train" ? task.clipNorm : undefined);

/** Rows that are evaluated together; longer parts are taken in pieces of this size, whose sums are added in their order. */
export const evaluationPiece = 512;
