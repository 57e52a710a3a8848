/**
 * The canonical text of a program: JSON with its keys in one order, without shapes (whoever decodes recomputes them by the
 * table's rules and trusts no claim) and without blanks. Numbers are written as JavaScript prints them, which is the
 * shortest text that reads back to the same float64; what JSON has no number for is a text.
 *
 *     {"format":"tributary-program/1","inputs":[…],"nodes":[["add",[0,1]],["expand",[2],{"axis":0,"size":3}]],"outputs":{…}}
 *
 * The inputs are nodes 0, 1, …; the listed nodes follow on.
 */
import type { Attribute } from "./graph.ts";
import type { Program, ProgramInput, ProgramNode } from "./program.ts";

export const FORMAT = "tributary-program/1";

/** Numbers that JSON cannot write, by their text. */
export const unwritable: ReadonlyMap<string, number> = new Map(
  [NaN, Infinity, -Infinity, -0].map((value) => [Object.is(value, -0) ? "-0" : String(value), value]),
);

export function encodeText({ inputs, nodes, outputs }: Omit<Program, "hash">): string {
  return JSON.stringify({
    format: FORMAT,
    inputs: inputs.map(encodeInput),
    nodes: nodes.slice(inputs.length).map(encodeNode),
    outputs: sorted(outputs),
  });
}

const encodeInput = ({ name, role, shape, dtype, scope }: ProgramInput) => ({
  name,
  role,
  shape,
  dtype,
  ...(scope === undefined ? {} : { scope }),
});

const encodeNode = ({ operation, inputs, attributes }: ProgramNode) => {
  const names = Object.keys(attributes);
  const values = sorted(Object.fromEntries(names.map((name) => [name, encodeAttribute(attributes[name]!)])));
  return names.length === 0 ? [operation, inputs] : [operation, inputs, values];
};

/** An attribute as JSON; also the key by which equal nodes are found. */
export function encodeAttribute(attribute: Attribute): unknown {
  if (typeof attribute === "number") return encodeNumber(attribute);
  return Array.isArray(attribute) ? (attribute as readonly number[]).map(encodeNumber) : attribute;
}

const encodeNumber = (value: number): number | string =>
  Object.is(value, -0) ? "-0" : Number.isFinite(value) ? value : String(value);

/** A record with its names in order. */
export const sorted = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
