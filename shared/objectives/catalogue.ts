/**
 * Every way to weigh objectives by its name: what an experiment and `tributary combine` may name, and what every law is run on.
 * Nothing can be added without being offered and tested.
 */
import type { Method } from "./define-weighting.ts";
import { afl } from "./weightings/afl.ts";
import { alignedMtl } from "./weightings/aligned-mtl.ts";
import { cagrad } from "./weightings/cagrad.ts";
import { config } from "./weightings/config.ts";
import { cvar } from "./weightings/cvar.ts";
import { dbMtl } from "./weightings/db-mtl.ts";
import { dualProj } from "./weightings/dual-proj.ts";
import { dwa } from "./weightings/dwa.ts";
import { epo } from "./weightings/epo.ts";
import { excessMtl } from "./weightings/excess-mtl.ts";
import { fairgrad } from "./weightings/fairgrad.ts";
import { famo } from "./weightings/famo.ts";
import { fedmgdaPlus } from "./weightings/fedmgda-plus.ts";
import { fixed, sum, weighted } from "./weightings/fixed.ts";
import { geometric } from "./weightings/geometric.ts";
import { gradDrop } from "./weightings/grad-drop.ts";
import { gradNorm } from "./weightings/grad-norm.ts";
import { gradVac } from "./weightings/grad-vac.ts";
import { imtlG } from "./weightings/imtl-g.ts";
import { imtlL } from "./weightings/imtl-l.ts";
import { mean } from "./weightings/mean.ts";
import { mgda } from "./weightings/mgda.ts";
import { moco } from "./weightings/moco.ts";
import { nashMtl } from "./weightings/nash-mtl.ts";
import { pcgrad } from "./weightings/pcgrad.ts";
import { qFair } from "./weightings/q-fair.ts";
import { random } from "./weightings/random.ts";
import { sdmgrad } from "./weightings/sdmgrad.ts";
import { augmentedTchebycheff, stch, tchebycheff } from "./weightings/tchebycheff.ts";
import { term } from "./weightings/tilted.ts";
import { uncertainty } from "./weightings/uncertainty.ts";
import { upgrad } from "./weightings/upgrad.ts";

export const weightings = {
  fixed,
  mean,
  sum,
  weighted,
  uncertainty,
  dwa,
  random,
  geometric,
  famo,
  stch,
  tchebycheff,
  "augmented-tchebycheff": augmentedTchebycheff,
  "imtl-l": imtlL,
  term,
  "q-ffl": qFair,
  cvar,
  afl,
  "grad-norm": gradNorm,
  mgda,
  pcgrad,
  "grad-vac": gradVac,
  cagrad,
  "nash-mtl": nashMtl,
  fairgrad,
  "imtl-g": imtlG,
  "aligned-mtl": alignedMtl,
  upgrad,
  "dual-proj": dualProj,
  config,
  "fedmgda-plus": fedmgdaPlus,
  sdmgrad,
  epo,
  "grad-drop": gradDrop,
  "db-mtl": dbMtl,
  moco,
  "excess-mtl": excessMtl,
} as const satisfies Readonly<Record<string, Method>>;

export type WeightingName = keyof typeof weightings;
