/** Rules about what the data section names: columns that are declared, features that are read once, strata there are. */
import { targetColumns, targetShape } from "../data/schema.ts";
import { targetKind, type FeaturesConfig, type TargetConfig } from "./data.ts";
import { mustKnow, type Path, type Report } from "./finding.ts";
import type { Experiment } from "./schema.ts";

export function splitFits({ data }: Experiment, report: Report): void {
  if (data.split !== undefined && "last" in data.split)
    mustBeGroup(data, report, ["data", "split", "per"], data.split.per);
  if (data.split === undefined || !("stratify" in data.split) || data.split.stratify === undefined) return;
  const path = ["data", "split", "stratify"];
  mustKnow(report, path, "target", data.split.stratify, Object.keys(data.targets));
  const target = data.targets[data.split.stratify];
  if (target !== undefined && !isClassed(target))
    report(path, "needs a target with above, equals, classes or levels, not a number");
}

/** Negatives stand in a view of their own, and are drawn where all of a person's rows are known. */
export function negativesFit({ data, simulation }: Experiment, report: Report): void {
  const { negatives } = data;
  if (negatives === undefined) return;
  const at = (key: string): Path => ["data", "negatives", key];
  mustKnow(report, at("view"), "view", negatives.view, Object.keys(data.views));
  mustKnow(report, at("feature"), "index feature", negatives.feature, Object.keys(data.features.index));
  mustBeGroup(data, report, at("per"), negatives.per);
  if (data.views[negatives.view]?.[negatives.feature] !== undefined)
    report(
      ["data", "views", negatives.view, negatives.feature],
      "is read from a column, and drawn by data.negatives: leave out one",
    );
  for (const part of ["test", "clientTests"] as const)
    if (simulation?.[part] !== undefined)
      report(
        ["simulation", part],
        "has rows of which data.negatives does not know what else the same person took: hold rows out with data.split",
      );
}

function mustBeGroup({ targets }: Experiment["data"], report: Report, path: Path, name: string | undefined): void {
  if (name === undefined) return;
  mustKnow(report, path, "target", name, Object.keys(targets));
  const target = targets[name];
  if (target !== undefined && targetKind(target) !== "group") report(path, `needs a target with group: true`);
}

/** A declared header must hold every column that is used; no column may be a feature twice. */
export function columnsExist({ data }: Experiment, report: Report): void {
  const { header, features, targets, missing, standardize, weights } = data;
  const used = featureColumns(features);
  const seen = new Set<string>();
  for (const { column, path } of used) {
    if (seen.has(column)) report(path, `uses the column "${column}" a second time`);
    seen.add(column);
  }
  if (Array.isArray(standardize.columns)) {
    for (const [i, column] of standardize.columns.entries()) {
      mustKnow(report, ["data", "standardize", "columns", i], "numeric feature", column, features.numeric);
    }
  }
  if (header === true) return;
  for (const [name, target] of Object.entries(targets)) {
    const key = target.columns === undefined ? "column" : "columns";
    for (const column of targetColumns(target)) used.push({ column, path: ["data", "targets", name, key] });
  }
  for (const [view, columns] of Object.entries(data.views)) {
    for (const [feature, column] of Object.entries(columns))
      used.push({ column, path: ["data", "views", view, feature] });
  }
  if (weights !== undefined) used.push({ column: weights, path: ["data", "weights"] });
  if (data.split !== undefined && "last" in data.split)
    used.push({ column: data.split.last, path: ["data", "split", "last"] });
  for (const column of Object.keys(missing.columns))
    used.push({ column, path: ["data", "missing", "columns", column] });
  for (const { column, path } of used) mustKnow(report, path, "column", column, header);
}

/** Every column that is read as a feature, and where the experiment says so. */
function featureColumns(features: FeaturesConfig): { column: string; path: Path }[] {
  const below = (...path: Path): Path => ["data", "features", ...path];
  const columns = features.numeric.map((column, i) => ({ column, path: below("numeric", i) }));
  for (const kind of ["categorical", "text", "index"] as const) {
    for (const column of Object.keys(features[kind])) columns.push({ column, path: below(kind, column) });
  }
  for (const kind of ["vector", "image"] as const) {
    const column = features[kind]?.column;
    if (column !== undefined) columns.push({ column, path: below(kind, "column") });
  }
  return columns;
}

/** A view reads other columns in place of features; two features of one kind need two columns. */
export function viewsFit({ data }: Experiment, report: Report): void {
  const known = featureColumns(data.features).map(({ column }) => column);
  for (const [name, view] of Object.entries(data.views)) {
    for (const feature of Object.keys(view)) {
      mustKnow(report, ["data", "views", name, feature], "feature column", feature, known);
    }
    const columns = known.map((column) => view[column] ?? column);
    const twice = columns.find((column, i) => columns.indexOf(column) < i);
    if (twice !== undefined) report(["data", "views", name], `reads the column "${twice}" for two features`);
  }
}

const isClassed = (target: TargetConfig): boolean =>
  targetShape(target).length === 0 && !["number", "group"].includes(targetKind(target));
