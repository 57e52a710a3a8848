/** Where each input of a loss comes from: a head of the model, perhaps in a view of the data, or a column that is declared. */
import { fill, multiply, reshape, subtract, toIndex } from "../graph/build.ts";
import type { DType, Node } from "../graph/graph.ts";
import { dtypeOf, formFor, formsOf, type InputSpec, type InputSpecs } from "../losses/inputs.ts";
import { targetKinds, type TargetFacts, type TargetKind } from "../losses/loss.ts";

export type InputSource =
  | { readonly from: "head"; readonly head: string; readonly view: string | undefined }
  | { readonly from: "target"; readonly target: string; readonly facts: TargetFacts }
  /** All rows of a client are one group. */
  | { readonly from: "client" };

type Forms = InputSpecs[string];

/** Whether an input comes from the model. */
export const isModelInput = (forms: Forms): boolean => formsOf(forms).some(({ from }) => from === "model");
/** Whether an input names the group that the rows of a set loss belong to. */
export const isGroupInput = (forms: Forms): boolean => formsOf(forms).some(({ holds }) => holds === "group");
export const isOptional = (forms: Forms): boolean => formsOf(forms).some(({ optional }) => optional === true);

/** The kinds of target that an input takes: 0 and 1 are numbers too, and so are levels where a grade is asked for. */
export function acceptedKinds(forms: Forms): readonly TargetKind[] {
  const kinds = new Set(targetKinds(forms));
  if (kinds.has("number")) kinds.add("binary");
  if (formsOf(forms).some(({ holds }) => holds === "relevance" || holds === "count")) kinds.add("level");
  return [...kinds];
}

/**
 * A head's outputs as an input wants them: one number a row where it asks for [batch], the shape of a row's target where it
 * leaves the axes open, else as they are.
 */
export function asModelInput(forms: Forms, head: Node, facts: TargetFacts): Node {
  const [batch = 0, outputs = 1] = head.shape;
  const own = formsOf(forms);
  const shape = facts.shape ?? [];
  if (shape.length > 0 && own.some(isOpen)) return reshape(head, [batch, ...shape]);
  if (outputs !== 1) return head;
  const rows = reshape(head, [batch]);
  return formFor(own, rows) === undefined ? head : rows;
}

/** A column as an input wants it: of its dtype, and as signs where it asks for them. */
export function asDataInput(forms: Forms, column: Node, facts: TargetFacts): Node {
  const own = formsOf(forms);
  const typed = dtypeFor(own, facts.kind) === "index" ? toIndex(column) : column;
  const signs = own.some(({ holds }) => holds === "sign") && facts.kind === "binary";
  return signs ? subtract(multiply(2, typed), 1) : typed;
}

/** One group for all rows of a batch. */
export const oneGroup = (batch: number): Node => toIndex(fill(0, [batch]));

const isOpen = ({ axes }: InputSpec): boolean => axes.includes("…");

/** Indices for classes, levels and groups where the input takes them, reals otherwise. */
function dtypeFor(forms: readonly InputSpec[], kind: TargetKind): DType {
  const accepted = forms.map(dtypeOf);
  return accepted.includes("index") && (kind !== "number" || accepted.length === 1) ? "index" : "real";
}
