/** A worker's rows: from its own file, checked against what the run declares, or from a shard that the coordinator has sent. */
import { exampleIdsOf } from "../../shared/data/example-ids.ts";
import type { DataPart } from "../../shared/data/memory.ts";
import { decodeShard } from "../../shared/data/shard.ts";
import type { SplitTable } from "../../shared/data/split-file.ts";
import type { ClientRows } from "../../shared/data/split.ts";
import { TributaryError } from "../../shared/errors.ts";
import { divideRows, readRows, withNegativesOf, type ReadRows } from "../../shared/experiment/client-rows.ts";
import { blocksOfClient, largestBlocks, refuseCutGroups } from "../../shared/experiment/whole-groups.ts";
import { Random } from "../../shared/random.ts";
import type { OpenedRows, OpenJob, SplitLines } from "./desk.ts";

export interface OwnRows extends ClientRows {
  readonly part: DataPart;
}

/** Throws "missing-file" or "invalid-data" with what is wrong with the file: every file's problem, where none of several fits. */
export async function ownRows(job: OpenJob): Promise<OwnRows> {
  const { client, rows, groups, experiment } = job;
  if (rows.from === "shard") {
    const { part, trainRows } = decodeShard(rows.bytes);
    const all = Int32Array.from({ length: part.dataset.rows }, (_, row) => row);
    return { client, part, train: all.subarray(0, trainRows), test: all.subarray(trainRows) };
  }
  const read = await firstFitting(job, rows.sources);
  const { dataset } = read;
  const random = Random.seeded(experiment.seed).fork("data");
  const named = rows.split && tableOf(client, rows.split);
  const split = divideRows(read, experiment.data, { client, named, random, groups: groups.evaluation?.targets ?? [] });
  const own = { client, ...split };
  refuseCutGroups([dataset], [own], groups, true);
  const plain = { dataset, ids: exampleIdsOf(client, dataset.rows) };
  const { part, clients } = withNegativesOf(experiment.data, plain, [own], random);
  return { ...clients[0]!, part };
}

/** How many rows there are, and what of them stays together. */
export function countsOf({ part, ...rows }: OwnRows, { groups, experiment }: OpenJob): OpenedRows {
  const { train, test } = rows;
  const { largestEvaluated } = largestBlocks([part.dataset], [rows], groups, experiment.evaluation.parts);
  const counts = { trainRows: train.length, testRows: test.length, largestEvaluated };
  if (groups.training === undefined) return { ...counts, blocks: [] };
  const blocks = blocksOfClient([part.dataset], groups.training);
  const at = new Map(Array.from(train, (row, i) => [row, i]));
  return { ...counts, blocks: blocks(train).map((block) => block.map((row) => at.get(row)!)) };
}

async function firstFitting({ experiment }: OpenJob, sources: OpenJobSources): Promise<ReadRows> {
  const problems: string[] = [];
  for (const source of sources) {
    try {
      return await readRows(experiment, source, { folder: ".", wantedBy: `the run ${experiment.name}` });
    } catch (error) {
      if (!(error instanceof TributaryError)) throw error;
      problems.push(error.message);
    }
  }
  throw new TributaryError("invalid-data", problems.join("\n") || "Expected --data with a file of rows, got none");
}

type OpenJobSources = Extract<OpenJob["rows"], { from: "files" }>["sources"];

const tableOf = (client: string, { train, test }: SplitLines): SplitTable =>
  new Map([
    [
      client,
      new Map([
        ...Array.from(train, (line) => [line, "train"] as const),
        ...Array.from(test, (line) => [line, "test"] as const),
      ]),
    ],
  ]);
