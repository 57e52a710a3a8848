/** The game f = xy of two numbers, begun at (1, 0): the heads show f to each row, and −f to whom it goes up for. */
import { z } from "zod";
import { add, multiply, negate, reshape, slice } from "../../../shared/graph/build.ts";
import { defineModel } from "../../../shared/models/model.ts";

export default defineModel({
  name: "bilinear",
  options: z.strictObject({}),
  build(place) {
    const x = place.parameter("x", [1], { kind: "constant", value: 1 });
    const y = place.parameter("y", [1], { kind: "constant", value: 0 });
    const zero = multiply(0, slice(place.feature("table"), 1, 0, 1)); // [batch, 1]
    const f = add(zero, reshape(multiply(x, y), [1, 1]));
    return { f, minus: negate(f) };
  },
});
