/** A hidden layer of three units behind batch normalization. */
import { z } from "zod";
import { relu } from "../../../shared/graph/build.ts";
import { dense } from "../../../shared/models/layers.ts";
import { defineModel } from "../../../shared/models/model.ts";
import { batchNormalization } from "../../../shared/models/normalization.ts";

export default defineModel({
  name: "normalized",
  options: z.strictObject({}),
  build(place, _options, heads) {
    const hidden = dense(place.at("trunk/0"), place.feature("table"), 3);
    return {
      y: dense(place.at("heads/y"), relu(batchNormalization(place.at("trunk/1"), hidden)), heads["y"]!.outputs),
    };
  },
});
