/** A small experiment that decodes, as a value to change and as text to spoil. */
export const smallExperiment = `tributary: 1
name: small
seed: 7
data:
  header: [x1, x2, colour, y]
  features:
    numeric: [x1, x2]
    categorical: { colour: [red, green] }
  targets:
    goal: { column: y, above: 0 }
  split: { test: 0.25, stratify: goal }
model:
  heads: { goal: 1 }
objectives:
  goal: { head: goal, target: goal, loss: bce-with-logits }
federation:
  mode: update
  rounds: 3
  local: { optimizer: { kind: sgd, learningRate: 0.1 }, epochs: 1 }
evaluation:
  metrics: { goal: [accuracy] }
simulation:
  clients: { north: data/north.csv, south: data/south.csv }
`;

/** The text with one line replaced; the line must be there. */
export function changed(line: string, by: string): string {
  if (!smallExperiment.includes(line)) throw new Error(`no "${line}" in the small experiment`);
  return smallExperiment.replace(line, by);
}
