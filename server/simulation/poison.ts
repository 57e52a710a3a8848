/** Attacks on data: the training rows of liars, changed before anybody works. */
import { createDataset, type Column } from "../../shared/data/dataset.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import type { AttackConfig } from "../../shared/experiment/simulated.ts";
import { targetFacts } from "../../shared/experiment/data.ts";
import type { Random } from "../../shared/random.ts";
import type { LoadedData } from "./load.ts";

type Change = (column: Column, values: Column["data"], row: number) => void;

/** The data with the liars' training rows changed; as they were under attacks on vectors. */
export function poisoned(
  loaded: LoadedData,
  { data }: Experiment,
  attack: AttackConfig,
  liars: readonly string[],
  random: Random,
): LoadedData {
  if (attack.kind !== "label-flip" && attack.kind !== "backdoor") return loaded;
  const classes = new Map(
    Object.entries(data.targets).map(([name, target]) => [`target/${name}`, targetFacts(target)]),
  );
  const own = loaded.clients.filter(({ client }) => liars.includes(client));
  const chosen = own.flatMap(({ client, train }) =>
    attack.kind === "label-flip" ? [...train] : someOf(train, attack.rows, random.fork(client)),
  );
  const relabel: Change = ({ name }, values, row) => {
    const facts = classes.get(name);
    if (facts === undefined || facts.kind === "number" || facts.kind === "group") return;
    values[row] = attack.kind === "backdoor" ? attack.target : facts.classes - 1 - values[row]!;
  };
  const trigger: Change = ({ rowShape, scale = 1, shift = 0 }, values, row) => {
    if (attack.kind !== "backdoor") return;
    const width = rowShape.reduce((product, size) => product * size, 1);
    values.fill((attack.trigger - shift) / scale, row * width, row * width + Math.min(width, attack.columns));
  };
  return { ...loaded, parts: changedIn(loaded.parts, chosen, { relabel, trigger }) };
}

const someOf = (rows: Int32Array, share: number, random: Random): number[] =>
  [...random.shuffle(rows.slice())].slice(0, Math.ceil(share * rows.length));

function changedIn(
  parts: LoadedData["parts"],
  rows: readonly number[],
  { relabel, trigger }: { readonly relabel: Change; readonly trigger: Change },
): LoadedData["parts"] {
  let first = 0;
  return parts.map((whole) => {
    const part = whole.dataset;
    const own = rows.filter((row) => row >= first && row < first + part.rows).map((row) => row - first);
    first += part.rows;
    if (own.length === 0) return whole;
    const columns = [...part.columns.values()].map((column) => {
      const values = column.data.slice();
      for (const row of own) {
        if (column.name.startsWith("target/")) relabel(column, values, row);
        if (column.name === "feature/table" || column.name === "feature/image") trigger(column, values, row);
      }
      return { ...column, data: values };
    });
    return { ...whole, dataset: createDataset(part.rows, columns, part.origin) };
  });
}
