/**
 * The strategies of the field by name: each is a record of parts of the section `federation`, and no more. What an experiment says itself
 * goes before what its strategy says.
 *
 *     federation: { strategy: fedprox, rounds: 100, local: { optimizer: { kind: sgd, learningRate: .01 }, epochs: 20 } }
 *       ≡  federation: { mode: update, local: { drift: { kind: proximal, mu: .01 }, … }, … }
 */
type Parts = Readonly<Record<string, unknown>>;

const update = { mode: "update" } as const;
const uniform = { shares: { kind: "uniform" } } as const;
const adaptive = { learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-3 } as const;

export const strategies = {
  fedsgd: { mode: "gradient", batch: "full" },
  fedavg: update,
  fedavgm: { ...update, serverOptimizer: { kind: "sgd", learningRate: 1, momentum: 0.9 } },
  fedprox: { ...update, local: { drift: { kind: "proximal", mu: 0.01 } } },
  fedadagrad: { ...update, serverOptimizer: { kind: "adagrad", learningRate: 0.1 } },
  fedadam: { ...update, serverOptimizer: { kind: "adam", ...adaptive, biasCorrection: false } },
  fedyogi: { ...update, serverOptimizer: { kind: "yogi", ...adaptive, learningRate: 0.01 } },
  scaffold: { ...update, ...uniform, local: { drift: { kind: "scaffold" } } },
  fednova: { ...update, local: { normalizeSteps: true } },
  feddyn: { ...update, ...uniform, local: { drift: { kind: "dynamic", alpha: 0.01 } } },
  mimelite: { ...update, local: { drift: { kind: "mime-lite", momentum: 0.9 } } },
  "q-fedavg": { ...update, shares: { kind: "q-fair", q: 0.1 } },
  afl: { ...update, shares: { kind: "agnostic", learningRate: 0.1 } },
  term: { ...update, shares: { kind: "tilted", t: 1 } },
  fedbuff: { ...update, asynchrony: { kind: "buffered", size: 10, concurrency: 20 } },
  fedasync: {
    ...update,
    asynchrony: { kind: "mixing", alpha: 0.6, concurrency: 20 },
    local: { drift: { kind: "proximal", mu: 0.005 } },
  },
  ditto: { ...update, personal: { kind: "ditto", lambda: 0.1 } },
  fedper: { ...update, personal: { kind: "parts", keep: ["heads/*"] } },
  fedrep: { ...update, personal: { kind: "parts", keep: ["heads/*"], alternate: { epochs: 10 } } },
  fedbn: { ...update, personal: { kind: "parts", keep: ["*/scale", "*/shift", "*/mean", "*/variance"] } },
  ifca: { ...update, clustering: { kind: "ifca", clusters: 2 } },
  "fedmgda+": { ...update, aggregation: { rule: "fedmgda", epsilon: 1 } },
} as const satisfies Readonly<Record<string, Parts>>;

export type StrategyName = keyof typeof strategies;

/** The experiment with the parts of its strategy written out; as it was where it names none, or one that there is not. */
export function withStrategy(experiment: unknown): unknown {
  if (!isRecord(experiment) || !isRecord(experiment["federation"])) return experiment;
  const { federation } = experiment;
  const name = federation["strategy"];
  if (typeof name !== "string" || !Object.hasOwn(strategies, name)) return experiment;
  return { ...experiment, federation: over(federation, strategies[name as StrategyName]) };
}

/** Records key by key. One that chooses another kind than the strategy's is taken as it is: options of two kinds do not mix. */
function over(own: Parts, parts: Parts): Parts {
  const merged: Record<string, unknown> = { ...parts, ...own };
  for (const [key, part] of Object.entries(parts)) {
    const value = own[key];
    if (!isRecord(value) || !isRecord(part)) continue;
    const another = ["kind", "rule"].some((choice) => value[choice] !== undefined && value[choice] !== part[choice]);
    merged[key] = another ? value : over(value, part);
  }
  return merged;
}

const isRecord = (value: unknown): value is Parts =>
  typeof value === "object" && value !== null && !Array.isArray(value);
