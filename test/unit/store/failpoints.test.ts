import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { failpoints } from "../../../server/store/failpoints.ts";
import { house } from "../../support/tributary.ts";

test("every failpoint of the table is passed at exactly one place of the source, and no other is", () => {
  const sources = readdirSync(join(house, "server"), { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  const passed = sources.flatMap((file) =>
    [...readFileSync(join(house, "server", file), "utf8").matchAll(/\bfailpoint\("([^"]+)"\)/g)].map(
      ([, name]) => name!,
    ),
  );
  expect(passed.sort()).toEqual(Object.keys(failpoints).sort());
});
