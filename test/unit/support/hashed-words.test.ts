import { expect, test } from "vitest";
import { hashedWords } from "../../support/hashed-words.ts";

test("words are hashed as scikit-learn's HashingVectorizer(n_features=1024, alternate_sign=False) does", () => {
  const places = [...hashedWords("Naïve_x été a bb", 1024)].flatMap((x, i) => (x > 0 ? [[i, x.toFixed(6)]] : []));
  expect(places).toEqual([393, 471, 527].map((place) => [place, "0.577350"])); // scikit-learn 1.9.1; "a" is too short
});
