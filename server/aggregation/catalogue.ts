/** The robust rules and the steps before them, by their names in an experiment. */
import type { BeforeConfig, RobustConfig } from "../../shared/experiment/aggregation.ts";
import { adaptiveClipping, bucketing, clipping, nearestNeighbourMixing, preceded, type Before } from "./before.ts";
import { flTrust, normBounding } from "./bounded.ts";
import { centredClipping, geometricMedian } from "./centres.ts";
import { meanAroundMedian, median, trimmedMean } from "./coordinate-wise.ts";
import { fedMgda } from "./fed-mgda.ts";
import type { RobustRule } from "./rule.ts";
import { bulyan, krum, minimumDiameter, monna, multiKrum } from "./selection.ts";

type Rules = { readonly [Rule in RobustConfig["rule"]]: (config: Extract<RobustConfig, { rule: Rule }>) => RobustRule };

export const robustRules: Rules = {
  median: () => median,
  "trimmed-mean": ({ f, fraction }) => trimmedMean(fraction === undefined ? { f: f! } : { fraction }), // the schema has made sure of one
  "mean-around-median": ({ f }) => meanAroundMedian(f),
  krum: ({ f }) => krum(f),
  "multi-krum": ({ f, keep }) => multiKrum(f, keep),
  bulyan: ({ f }) => bulyan(f),
  "geometric-median": geometricMedian,
  "centred-clipping": centredClipping,
  "norm-bounding": ({ bound }) => normBounding(bound),
  fltrust: () => flTrust,
  monna: ({ f }) => monna(f),
  fedmgda: ({ epsilon }) => fedMgda(epsilon),
  mda: ({ f }) => minimumDiameter(f),
};

type Steps = { readonly [Kind in BeforeConfig["kind"]]: (config: Extract<BeforeConfig, { kind: Kind }>) => Before };

export const stepsBefore: Steps = {
  nnm: ({ f }) => nearestNeighbourMixing(f),
  bucketing: ({ size }) => bucketing(size),
  clipping: ({ c }) => clipping(c),
  arc: ({ f }) => adaptiveClipping(f),
};

/** The step of a decoded configuration. */
export const stepBefore = (config: BeforeConfig): Before =>
  (stepsBefore[config.kind] as (own: BeforeConfig) => Before)(config); // the table's key is the configuration's

/** The rule of a decoded configuration, after its steps. */
export const robustRule = (config: RobustConfig): RobustRule =>
  preceded(config.before.map(stepBefore), (robustRules[config.rule] as (own: RobustConfig) => RobustRule)(config));
