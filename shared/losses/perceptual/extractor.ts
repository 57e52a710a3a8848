/**
 * A frozen feature extractor φ: layers and their weights in one safetensors file, whose metadata hold the layers as JSON.
 *
 *     const bytes = encodeExtractor([{ kind: "dense", name: "0", activation: "relu" }], new Map([["0/weight", …], ["0/bias", …]]));
 *     const features = openExtractor({ file: "digits.safetensors", hash: extractorHash(bytes) });
 *     features(x);                                     // what each layer shows of x, first to last
 *
 * The hash is SHA-256 of the whole file: another file under the same name is refused, so that a distance means the same in
 * every run. The weights become constants of the graph, through which slopes pass and which nothing trains.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { TributaryError } from "../../errors.ts";
import { add, constant, conv2d, flatten, matmul, maxPool2d } from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { activations } from "../../models/layers.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../../tensor/safetensors.ts";

const format = "tributary-extractor-1";

const shared = {
  /** Its tensors are `<name>/weight` and, where there is a bias, `<name>/bias`. */
  name: z.string().min(1),
  activation: z.enum(["relu", "tanh", "sigmoid", "gelu", "none"]).default("relu"),
};
const layerSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("dense"), ...shared }), // weight [inputs, outputs]
  z.strictObject({
    kind: z.literal("convolution"), // weight [size, size, channels, filters], input [batch, H, W, channels]
    ...shared,
    stride: z.int().min(1).default(1),
    padding: z.enum(["same", "valid"]).default("same"),
    pool: z.int().min(1).default(1),
  }),
]);
const layersSchema = z.array(layerSchema).min(1);
export type ExtractorLayer = z.input<typeof layerSchema>;

/** Which file, and which bytes it must hold. */
export interface ExtractorFile {
  /** A path, from the working directory. */
  readonly file: string;
  readonly hash: string;
}

/** The bytes of an extractor's file. */
export const encodeExtractor = (layers: readonly ExtractorLayer[], tensors: ReadonlyMap<string, Tensor>): Uint8Array =>
  encodeSafetensors(tensors, { format, layers: JSON.stringify(layersSchema.parse(layers)) });

/** What pins a file: `sha256:` and 64 hexadecimal digits. */
export const extractorHash = (bytes: Uint8Array): `sha256:${string}` =>
  `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/**
 * Reads an extractor: x [batch, …] → the outputs of its layers.
 *
 * Throws "missing-file", "invalid-data" for another hash, another format or a tensor that is not there; and
 * "shape-mismatch" when x does not fit the first layer.
 */
export function openExtractor({ file, hash }: ExtractorFile): (x: Node) => Node[] {
  if (!existsSync(file)) throw new TributaryError("missing-file", `extractor: expected a file at ${file}`);
  const bytes = readFileSync(file);
  const found = extractorHash(bytes);
  if (found !== hash)
    throw new TributaryError("invalid-data", `${file}: expected the extractor of the hash ${hash}, got ${found}`);
  const { tensors, metadata } = decodeSafetensors(bytes, file);
  if (metadata["format"] !== format)
    throw new TributaryError(
      "invalid-data",
      `${file}: expected the format ${format}, got ${metadata["format"] ?? "none"}`,
    );
  const layers = layersSchema.parse(JSON.parse(metadata["layers"] ?? "[]"));
  const frozen = (name: string): Node | undefined => {
    const tensor = tensors.get(name);
    return tensor && constant(Array.from(tensor.data, Number), tensor.shape);
  };
  const built = layers.map((layer) => {
    const weight = frozen(`${layer.name}/weight`);
    if (weight !== undefined) return { ...layer, weight, bias: frozen(`${layer.name}/bias`) };
    throw new TributaryError("invalid-data", `${file}: expected the tensor "${layer.name}/weight", got none`);
  });
  return (x) => {
    let shown = x;
    return built.map(({ weight, bias, activation, ...layer }) => {
      const mixed =
        layer.kind === "dense"
          ? matmul(flatten(shown), weight)
          : conv2d(shown, weight, { stride: layer.stride, padding: layer.padding });
      const active = activations[activation](bias === undefined ? mixed : add(mixed, bias));
      shown = layer.kind === "convolution" && layer.pool > 1 ? maxPool2d(active, layer.pool) : active;
      return shown;
    });
  };
}
