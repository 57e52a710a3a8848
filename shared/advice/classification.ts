/** Advice on classes: by how uneven they are, and by how many labels seem to be wrong. */
import { balancedWeights, effectiveNumberWeights } from "./class-weights.ts";
import type { Measurements } from "./measure.ts";
import type { Separation } from "./noise.ts";
import { counted, percent, type Finding, type Proposal } from "./proposal.ts";
import { shareBeyond } from "./precision.ts";
import { Sketch } from "./sketch.ts";
import { classesOf, brief, shown, type SettledTask } from "./task.ts";

export interface ClassFacts {
  readonly names: readonly string[];
  readonly counts: readonly number[];
  /** Most rows of a class over fewest. */
  readonly ratio: number;
  readonly balanced: readonly number[];
  /** By effective numbers, β = .999. */
  readonly effective: readonly number[];
  /** A guess of the share of wrong labels; NaN where there was no fit, or one that hardly tells the classes apart. */
  readonly labelNoise: number;
}

/** Below 3 : 1 classes count as even; from 20 : 1 on, easy rows of the many drown the few. */
const uneven = { slightly: 3, strongly: 20 } as const;
const noisy = 0.05;
/** When the surest rows of half the classes are wrong more often, the classes overlap, and nothing can be said of labels. */
const tellable = 0.45;
const beta = 0.999;

export function classFacts({ separations }: Measurements, { facts }: SettledTask): ClassFacts {
  const names = classesOf(facts);
  const byName = new Map(facts.values);
  const counts = names.map((name) => byName.get(name) ?? 0);
  return {
    names,
    counts,
    ratio: Math.max(...counts) / Math.min(...counts),
    balanced: balancedWeights(counts),
    effective: effectiveNumberWeights(counts, beta),
    labelNoise: separations === undefined ? NaN : labelNoiseOf(separations),
  };
}

/**
 * The share of wrong labels where the classes lie furthest apart: of the rows whose score for class c is highest, as many as a
 * quarter (an eighth, a sixteenth) of the class, how many are labelled otherwise? Where classes overlap, the share falls the
 * further out one looks; what wrong labels there are stays. So the least is taken, over the depths and over the classes.
 *
 * Source: the noise rate at anchor points, Liu & Tao (2016), here with a least-squares score.
 */
export function labelNoiseOf(separations: readonly Separation[]): number {
  const shares = separations.map((separation) => Math.min(...depths.map((depth) => strangersAt(separation, depth))));
  const ordered = shares.sort((a, b) => a - b);
  const half = ordered[Math.ceil(ordered.length / 2) - 1]!;
  return half > tellable ? NaN : ordered[0]!;
}

const depths = [1 / 4, 1 / 8, 1 / 16] as const;
/** Fewer rows than this tell no share of a few per cent. */
const enough = 25;

/** The share of other labels among the rows with the highest scores, `depth` times as many as the class has; 1 when too few. */
function strangersAt({ own, others }: Separation, depth: number): number {
  const [mine, rest] = [Sketch.fromJSON(own), Sketch.fromJSON(others)];
  const wanted = depth * mine.count;
  if (wanted < enough) return 1;
  const all = Sketch.fromJSON(own);
  all.merge(rest);
  const edge = all.quantile(1 - Math.max(1, wanted) / all.count);
  const [inside, outside] = [mine, rest].map((sketch) => sketch.count * shareBeyond(sketch, edge, Infinity));
  return outside! === 0 ? 0 : outside! / (inside! + outside!);
}

export function adviseOnClasses(measured: Measurements, settled: SettledTask): Proposal[] {
  const found = classFacts(measured, settled);
  const { ratio, labelNoise } = found;
  const numbers = { ratio };
  const binary = settled.task === "binary";
  const plain: Proposal = binary
    ? {
        loss: "bce-with-logits",
        options: {},
        because: evenness(ratio, "probabilities as they are in the data"),
        numbers,
        curvature: 0.25,
      }
    : {
        loss: "softmax-cross-entropy",
        options: {},
        because: evenness(ratio, "probabilities as they are in the data"),
        numbers,
        curvature: 0.5,
      };
  const ordered = ordinal(settled);
  const [weighted, focal] = [weightedProposal(found, binary), focalProposal(found, binary)];
  const byImbalance =
    ratio >= uneven.strongly ? [focal, weighted, plain] : ratio >= uneven.slightly ? [weighted, plain, focal] : [plain];
  const robust = noiseProposals(labelNoise);
  return labelNoise >= noisy ? [...ordered, ...robust, ...byImbalance] : [...ordered, ...byImbalance];
}

const evenness = (ratio: number, says: string): string =>
  ratio < uneven.slightly
    ? `the classes are even enough (${shown(ratio)} : 1)`
    : `${says}, ${shown(ratio)} : 1, and ranks them as well as any`;

function ordinal({ task }: SettledTask): Proposal[] {
  if (task !== "ordinal") return [];
  return [
    {
      loss: "ordinal-coral",
      options: {},
      because: "the levels have an order: a neighbour is a smaller mistake than a level far off",
      numbers: {},
      curvature: 0.25,
    },
  ];
}

function weightedProposal({ counts, ratio, balanced }: ClassFacts, binary: boolean): Proposal {
  if (binary) {
    const posWeight = counts[0]! / counts[1]!;
    return {
      loss: "bce-with-logits",
      options: { posWeight: brief(posWeight) },
      because: `a positive counts ${shown(posWeight)}× a negative, so that both classes weigh alike; its probabilities are then not those of the data`,
      numbers: { ratio, posWeight },
      curvature: 0.25 * Math.max(1, Math.sqrt(posWeight)),
    };
  }
  return {
    loss: "softmax-cross-entropy",
    options: { classWeights: balanced.map((weight) => brief(weight)) },
    because: `each class weighs alike, N/(C·n): ${balanced.map(shown).slice(0, 6).join(", ")}${balanced.length > 6 ? ", …" : ""}`,
    numbers: { ratio },
    curvature: 0.5 * Math.sqrt(Math.max(...balanced)),
  };
}

function focalProposal({ ratio, counts, effective }: ClassFacts, binary: boolean): Proposal {
  const because = `${shown(ratio)} : 1: rows it is already sure of count (1 − p)² as much, so the many easy ones do not drown the few`;
  if (binary) {
    const positives = counts[1]! / (counts[0]! + counts[1]!);
    const alpha = positives < 0.5 ? 0.75 : 0.25;
    return {
      loss: "focal-binary",
      options: { gamma: 2, alpha },
      because: `${because}; α = ${alpha} leans to the rarer class`,
      numbers: { ratio, gamma: 2, alpha },
      curvature: 0.25,
    };
  }
  return {
    loss: "focal-softmax",
    options: { gamma: 2, alpha: effective.map((weight) => brief(weight)) },
    because: `${because}; α by effective numbers (β = ${beta})`,
    numbers: { ratio, gamma: 2, beta },
    curvature: 0.5 * Math.max(1, ...effective),
  };
}

function noiseProposals(labelNoise: number): Proposal[] {
  const numbers = { labelNoise };
  const where = `${percent(labelNoise)} of the labels contradict even the surest rows of a simple fit`;
  return [
    {
      loss: "generalized-cross-entropy",
      options: { q: 0.7 },
      because: `${where}: between cross-entropy and absolute error, it lets go of rows that never fit`,
      numbers,
      curvature: 1,
    },
    {
      loss: "symmetric-cross-entropy",
      options: {},
      because: `${where}: cross-entropy, and its reverse that a wrong label cannot pull far`,
      numbers,
      curvature: 2,
    },
  ];
}

export function findAboutClasses(measured: Measurements, settled: SettledTask): Finding[] {
  const { names, counts, ratio, balanced, effective, labelNoise } = classFacts(measured, settled);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const listed = names.slice(0, 8).map((name, c) => `${name}: ${shown(counts[c]!)} (${percent(counts[c]! / total)})`);
  const rarest = Math.min(...counts);
  const findings: Finding[] = [
    {
      about: "classes",
      says: `${listed.join(", ")}${names.length > 8 ? `, … (${names.length} in all)` : ""}`,
      numbers: Object.fromEntries(names.map((name, c) => [name, counts[c]!])),
      warns: false,
    },
  ];
  if (ratio >= uneven.slightly)
    findings.push({
      about: "imbalance",
      says: `${shown(ratio)} : 1; balanced weights ${few(balanced)}, by effective numbers (β = ${beta}) ${few(effective)}`,
      numbers: {
        ratio,
        ...Object.fromEntries(names.map((name, c) => [`balanced ${name}`, balanced[c]!])),
        ...Object.fromEntries(names.map((name, c) => [`effective ${name}`, effective[c]!])),
      },
      warns: ratio >= uneven.strongly,
    });
  if (rarest < 20)
    findings.push({
      about: "rare class",
      says: `${names[counts.indexOf(rarest)]!} has ${counted(rarest, "row")}: whatever is said of it has wide errors`,
      numbers: { rows: rarest },
      warns: true,
    });
  if (!Number.isNaN(labelNoise))
    findings.push({
      about: "label noise",
      says:
        labelNoise >= noisy
          ? `about ${percent(labelNoise)} of the labels seem wrong: so many of the surest rows of a simple fit are labelled otherwise`
          : `no sign of it: of the surest rows of a simple fit, ${percent(labelNoise)} are labelled otherwise`,
      numbers: { labelNoise },
      warns: labelNoise >= noisy,
    });
  return findings;
}

const few = (weights: readonly number[]): string =>
  `[${weights.slice(0, 6).map(shown).join(", ")}${weights.length > 6 ? ", …" : ""}]`;
