/**
 * The room in which tasks are done: the programs made ready to run, and the columns of data they read. A worker thread and a
 * network worker each have one; whoever works in it does so alone. What is large is made once, when it is first needed, and
 * used for every task.
 */
import { blocksOf, packed, padded, type GroupOf } from "../../shared/data/groups.ts";
import { TributaryError } from "../../shared/errors.ts";
import type { Heap } from "../../shared/kernels/heap.ts";
import type { Program } from "../../shared/graph/program.ts";
import { withOutputs } from "../../shared/graph/restrict.ts";
import { kernel } from "../../shared/kernels/module.ts";
import { createTrainer, type ColumnView, type LocalTrainer } from "../../shared/kernels/trainer.ts";
import type { Sketch } from "../../shared/objectives/sketch.ts";
import { vectorsPerClient, type Assignment, type RoomData, type Shard } from "../../shared/protocol/assignment.ts";
import { maskedLength, maskedShape } from "../../shared/protocol/masked.ts";
import type { Vector } from "../../shared/protocol/task.ts";
import { Random } from "../../shared/random.ts";
import type { Ring } from "../../shared/secure/ring.ts";
import { FreshNegatives } from "./fresh-negatives.ts";
import { noVault, type Vault } from "../secure/vault.ts";
import type { Confidant } from "./confidant.ts";
import { keepsNothing, type Keeper } from "./keeper.ts";

/** What is large, and the same for all rows. */
interface Made {
  work?: LocalTrainer;
  readonly workOn: Map<string, LocalTrainer>;
  sums?: LocalTrainer;
  slopes?: LocalTrainer;
  tuning?: LocalTrainer;
  evaluation?: LocalTrainer;
  counting?: LocalTrainer;
  vectors?: readonly Vector[];
  ring?: Ring;
  sketch?: { readonly round: number; readonly drawn: Sketch };
  start?: Vector;
  startOf?: Vector;
  own?: Vector;
  readonly loaded: WeakMap<LocalTrainer, Vector>;
}

export interface RoomOptions {
  /** @default nothing is kept */
  readonly keeper?: Keeper | undefined;
  /** @default none: no sum is secure */
  readonly vault?: Vault | undefined;
  /** A room of the same assignment and heap, for other rows: what is large is made once for both, and one works at a time. */
  readonly beside?: Room | undefined;
  /** Where the clients add noise by themselves. */
  readonly confidant?: Confidant | undefined;
}

export class Room {
  readonly assignment: Assignment;
  readonly heap: Heap;
  readonly data: RoomData;
  readonly random: Random;
  /** Where the clients of this room keep what is theirs between rounds. */
  readonly keeper: Keeper;
  /** Where they keep what makes their sums secure. */
  readonly vault: Vault;
  /** Where they add noise themselves, and keep to themselves what their rows are. */
  readonly confidant: Confidant | undefined;
  readonly #made: Made;
  readonly #columns = new WeakMap<Program, readonly ColumnView[]>();
  readonly #trained = new WeakMap<Program, readonly ColumnView[]>();
  readonly #negatives: FreshNegatives | undefined;

  constructor(
    assignment: Assignment,
    heap: Heap,
    data: RoomData,
    { keeper, vault, beside, confidant }: RoomOptions = {},
  ) {
    this.confidant = confidant;
    this.#made = beside === undefined ? { workOn: new Map(), loaded: new WeakMap() } : beside.#made;
    this.assignment = assignment;
    this.heap = heap;
    this.data = data;
    this.random = Random.seeded(assignment.seed);
    this.keeper = keeper ?? keepsNothing;
    this.vault = vault ?? noVault;
    if (data.negatives !== undefined) this.#negatives = new FreshNegatives(assignment, heap, data.rows, data.negatives);
  }

  get work(): LocalTrainer {
    return (this.#made.work ??= this.#worker(this.assignment.work));
  }

  /** The work with all parameters held fixed but the client's own parts, or but the rest. */
  workOn(which: "own" | "rest"): LocalTrainer {
    const { work, personal } = this.assignment;
    const own = new Set(personal?.kind === "parts" ? personal.keep : []);
    const moves = (output: string): boolean => {
      const [, family, name = ""] = /^(gradient|buffer)\/(.*)$/.exec(output) ?? [];
      return family === undefined || own.has(name) === (which === "own");
    };
    const known = this.#made.workOn.get(which) ?? this.#worker(withOutputs(work, moves));
    this.#made.workOn.set(which, known);
    return known;
  }

  /** Throws "invalid-program" where no objective is a function of sums. */
  get sums(): LocalTrainer {
    const { precision, sums } = this.assignment;
    if (sums === undefined) throw new TributaryError("invalid-program", "Expected a program of sums, got none");
    return (this.#made.sums ??= createTrainer(sums, { precision, heap: this.heap }));
  }

  /** Throws "invalid-program" where nobody tells the gradients of objectives: for sketches, or for MimeLite's momentum. */
  get slopes(): LocalTrainer {
    const { precision, slopes } = this.assignment;
    if (slopes === undefined) throw new TributaryError("invalid-program", "Expected a program of slopes, got none");
    return (this.#made.slopes ??= createTrainer(slopes, { precision, heap: this.heap }));
  }

  /** The sketch of a round, drawn once for all clients of an exchange. */
  sketch(round: number, draw: () => Sketch): Sketch {
    if (this.#made.sketch?.round !== round) this.#made.sketch = { round, drawn: draw() };
    return this.#made.sketch.drawn;
  }

  /** Throws "invalid-program" where no loss is tuned. */
  get tuning(): LocalTrainer {
    const { precision, tuning } = this.assignment;
    if (tuning === undefined) throw new TributaryError("invalid-program", "Expected a program of tuning, got none");
    return (this.#made.tuning ??= createTrainer(tuning, { precision, heap: this.heap }));
  }

  get evaluation(): LocalTrainer {
    const { precision, evaluation } = this.assignment;
    return (this.#made.evaluation ??= createTrainer(evaluation, { precision, heap: this.heap }));
  }

  get counting(): LocalTrainer {
    const { precision, counting } = this.assignment;
    return (this.#made.counting ??= createTrainer(counting, { precision, heap: this.heap }));
  }

  /** One vector of the wire's dtype for each row of an exchange; overwritten by every task. */
  get vectors(): readonly Vector[] {
    return (this.#made.vectors ??= Array.from({ length: vectorsPerClient(this.assignment) }, () => this.#vector()));
  }

  /** A masked answer; overwritten by every task. */
  get ring(): Ring {
    return (this.#made.ring ??= new Int32Array(maskedLength(maskedShape(this.assignment))));
  }

  /** A model in the wire's dtype, in the heap; copied once for all clients of an exchange, as in `load`. */
  start(parameters: Vector): Vector {
    this.#made.start ??= this.#vector();
    if (this.#made.startOf !== parameters) this.#made.start.set(parameters);
    this.#made.startOf = parameters;
    return this.#made.start;
  }

  /** A model of a client's own, in the heap; overwritten by every task. */
  get own(): Vector {
    return (this.#made.own ??= this.#vector());
  }

  /** y = a − b, for vectors of the heap. */
  subtract(a: Vector, b: Vector, y: Vector): void {
    const subtract = kernel(this.heap.kernels, "subtract", this.assignment.precision);
    subtract(y.length, a.byteOffset, b.byteOffset, y.byteOffset);
  }

  /** The columns that a program reads. */
  columns({ program }: LocalTrainer): readonly ColumnView[] {
    const known = this.#columns.get(program);
    if (known !== undefined) return known;
    const wanted = new Set(program.inputs.filter(({ role }) => role === "batch").map(({ name }) => name));
    const columns = this.data.columns.filter(({ input }) => wanted.has(input));
    this.#columns.set(program, columns);
    return columns;
  }

  /** The same, where they train: with what is drawn in this round for these rows of a client, where anything is. */
  trainingColumns(
    trainer: LocalTrainer,
    { client, train }: Shard,
    rows: Int32Array,
    round: number,
  ): readonly ColumnView[] {
    const stored = this.columns(trainer);
    const negatives = this.#negatives;
    if (negatives === undefined) return stored;
    negatives.draw(client, train, rows, round);
    const known = this.#trained.get(trainer.program) ?? stored.map((view) => negatives.inPlaceOf(view));
    this.#trained.set(trainer.program, known);
    return known;
  }

  /** The blocks of these rows of one client, as training needs them unless said; undefined where every row stands alone. */
  blocks(rows: Int32Array, groups = this.assignment.groups): Int32Array[] | undefined {
    if (groups === undefined) return undefined;
    if (groups.clients) return rows.length === 0 ? [] : [rows];
    return blocksOf(
      rows,
      groups.targets.map((target) => this.#groupOf(target)),
    );
  }

  /** The rows in the order a program takes them that adds up over them: no group in two batches. */
  inOrder(trainer: LocalTrainer, rows: Int32Array): Int32Array {
    const { groups, evaluationGroups } = this.assignment;
    const blocks = this.blocks(rows, trainer === this.#made.evaluation ? evaluationGroups : groups);
    return blocks === undefined ? rows : padded(packed(blocks, trainer.batchSize), trainer.batchSize);
  }

  #groupOf(target: string): GroupOf {
    const { rows, targets } = this.data;
    const { offset, dtype } = targets.find(({ input }) => input === `target/${target}`)!; // laid out for every objective
    const values = dtype === "int32" ? this.heap.int32(offset, rows) : this.heap.float64(offset, rows);
    return (row) => values[row]!;
  }

  /**
   * Puts a model into a trainer that does not change it, once for all clients of an exchange: a carrier makes a new view of
   * the parameters for each exchange.
   */
  load(trainer: LocalTrainer, parameters: Vector): void {
    if (this.#made.loaded.get(trainer) === parameters) return;
    trainer.parameters.set(parameters);
    this.#made.loaded.set(trainer, parameters);
  }

  /** The same of one client alone. */
  loadOwn(trainer: LocalTrainer, parameters: Vector): void {
    trainer.parameters.set(parameters);
    this.#made.loaded.delete(trainer);
  }

  #worker(program: Program): LocalTrainer {
    const { precision, local, clip } = this.assignment;
    const clipsRows = clip.perExample !== undefined || this.confidant?.terms.mechanism === "dp-sgd";
    return createTrainer(program, {
      precision,
      heap: this.heap,
      clipsRows,
      ...(local && { optimizer: local.optimizer }),
    });
  }

  #vector(): Vector {
    const { parameters: length, precision } = this.assignment;
    return precision === "float32"
      ? this.heap.float32(this.heap.allocate(4 * length), length)
      : this.heap.float64(this.heap.allocate(8 * length), length);
  }
}
