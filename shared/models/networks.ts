/**
 * The networks an experiment can name: each a trunk from features to [batch, width], with affine heads upon it.
 * A trunk's parameters are numbered from the bottom: `trunk/0/weight`, `trunk/0/bias`, `trunk/1/…`.
 */
import { z } from "zod";
import { TributaryError } from "../errors.ts";
import { add, concatenate, flatten, maxPool2d, mean, multiply } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import { circuit } from "./circuit.ts";
import { gan } from "./gan.ts";
import { affineHeads } from "./heads.ts";
import { activations, conv2d, dense, dropout, embedding } from "./layers.ts";
import { defineModel, type Place } from "./model.ts";
import { batchNormalization, groupNormalization } from "./normalization.ts";

const activation = z.enum(["relu", "tanh", "sigmoid", "gelu", "none"]).default("relu");
const count = z.int().min(1);
const rate = z.number().min(0).lt(1).default(0);
const units = z.array(count);

/** The heads read the features themselves: linear regression, logistic regression, softmax regression, by their loss. */
export const linear = defineModel({
  name: "linear",
  options: z.strictObject({}),
  build: (place, _, heads) => affineHeads(place, numbers(place), heads),
});

/** Dense layers, each followed by its activation. */
export const mlp = defineModel({
  name: "mlp",
  options: z.strictObject({ units: units.min(1), activation, dropout: rate }),
  build: (place, options, heads) => affineHeads(place, denseLayers(place, numbers(place), options, 0), heads),
});

/** Convolutions, each followed by its activation and, where pool > 1, max pooling; then dense layers. */
export const cnn = defineModel({
  name: "cnn",
  options: z.strictObject({
    convolutions: z
      .array(
        z.strictObject({
          filters: count,
          kernel: count.default(3),
          stride: count.default(1),
          padding: z.enum(["same", "valid"]).default("same"),
          pool: count.default(1),
        }),
      )
      .min(1),
    units: units.default([]),
    activation,
    dropout: rate,
  }),
  build(place, options, heads) {
    const activate = activations[options.activation];
    let x = place.feature("image");
    options.convolutions.forEach(({ filters, kernel, stride, padding, pool }, i) => {
      x = activate(conv2d(place.at(`trunk/${i}`), x, filters, kernel, { stride, padding }));
      if (pool > 1) x = maxPool2d(x, pool);
    });
    return affineHeads(place, denseLayers(place, flatten(x), options, options.convolutions.length), heads);
  },
});

/**
 * Residual blocks of two 3×3 convolutions, x + f(x); every stage after the first halves height and width, its first block
 * passing x through a 1×1 convolution of stride 2. The mean over positions is what the heads read.
 * Source  He et al. (2016), with the layout for small images of their §4.2
 */
export const residualCnn = defineModel({
  name: "residual-cnn",
  options: z.strictObject({
    filters: units.min(1),
    blocks: count.default(1),
    normalization: z.enum(["none", "group", "batch"]).default("group"),
    groups: count.default(8),
    activation,
  }),
  build(place, { filters, blocks, normalization, groups, activation: name }, heads) {
    const activate = activations[name];
    const normal = (at: Place, x: Node): Node => {
      if (normalization === "none") return x;
      return normalization === "batch" ? batchNormalization(at, x) : groupNormalization(at, x, groups);
    };
    const convolved = (at: Place, x: Node, channels: number, size: number, stride: number): Node =>
      normal(at, conv2d(at, x, channels, size, { stride, bias: normalization === "none" }));
    let x = activate(convolved(place.at("trunk/0"), place.feature("image"), filters[0]!, 3, 1));
    let number = 1;
    filters.forEach((channels, stage) => {
      for (let block = 0; block < blocks; block++, number++) {
        const at = place.at(`trunk/${number}`);
        const stride = stage > 0 && block === 0 ? 2 : 1;
        const inner = activate(convolved(at.at("first"), x, channels, 3, stride));
        const outer = convolved(at.at("second"), inner, channels, 3, 1);
        const passes = stride === 1 && x.shape[3] === channels;
        x = activate(add(passes ? x : convolved(at.at("shortcut"), x, channels, 1, stride), outer));
      }
    });
    return affineHeads(place, mean(x, [1, 2]), heads);
  },
});

/**
 * Rows looked up in a table for each index feature, laid beside the feature `table`, then dense layers. With `product`, their product
 * element by element beside them, which a linear head weighs: matrix factorization with biases, of users and items, say.
 */
export const embeddings = defineModel({
  name: "embedding",
  options: z.strictObject({
    tables: z.record(z.string(), count),
    product: z.boolean().default(false),
    units: units.default([]),
    activation,
    dropout: rate,
  }),
  build(place, options, heads) {
    const looked = Object.entries(options.tables).map(([name, width]) => {
      const size = place.features[name]?.size;
      if (size === undefined)
        throw new TributaryError("invalid-program", `The feature "${name}" has no size: expected an index`);
      return flatten(embedding(place.at(`trunk/${name}`), place.feature(name), size, width));
    });
    const product = options.product ? [looked.reduce((a, b) => multiply(a, b))] : [];
    const beside = "table" in place.features ? [place.feature("table")] : [];
    return affineHeads(
      place,
      denseLayers(place, concatenate([...looked, ...product, ...beside], 1), options, 0),
      heads,
    );
  },
});

export const networks = {
  linear,
  logistic: linear,
  mlp,
  cnn,
  "residual-cnn": residualCnn,
  embedding: embeddings,
  circuit,
  gan,
} as const;

interface DenseOptions {
  readonly units: readonly number[];
  readonly activation: keyof typeof activations;
  readonly dropout: number;
}

/** Dense layers `trunk/<first>`, `trunk/<first + 1>`, … */
function denseLayers(place: Place, x: Node, options: DenseOptions, first: number): Node {
  const activate = activations[options.activation];
  return options.units.reduce(
    (below, width, i) => dropout(place, activate(dense(place.at(`trunk/${first + i}`), below, width)), options.dropout),
    x,
  );
}

/** Every feature that is not an index, as one row of numbers per example. Throws "invalid-program" when there is none. */
function numbers(place: Place): Node {
  const real = Object.entries(place.features).filter(([, { dtype }]) => dtype === "real");
  if (real.length < Object.keys(place.features).length || real.length === 0) {
    throw new TributaryError(
      "invalid-program",
      "Expected features that are numbers or images; index features need the model embedding",
    );
  }
  const rows = real.map(([name]) => flatten(place.feature(name)));
  return rows.length === 1 ? rows[0]! : concatenate(rows, 1);
}
