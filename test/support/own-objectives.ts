/** An experiment around one objective, with targets of many kinds and a view, as text. */
export const own = "{ loss: bradley-terry, inputs: { chosen: { head: h }, rejected: { head: h, view: other } } }";

export const ownText = (objective: string, { view = "{ x1: z1, x2: z2 }" } = {}): string => `tributary: 1
name: inputs
data:
  features: { numeric: [x1, x2] }
  views: { other: ${view} }
  targets:
    number: { column: y }
    several: { columns: [y, z] }
    query: { column: q, group: true }
model: { heads: { h: 1, two: 2 } }
objectives: { o: ${objective} }
federation: { mode: gradient, rounds: 1, serverOptimizer: { kind: sgd, learningRate: 1 } }
simulation: { clients: { a: a.csv } }
`;
