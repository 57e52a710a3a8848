/** The generated types are those of proto/, as proto-loader writes them with the options that the loader itself is given. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const house = resolve(import.meta.dirname, "../../..");

test("are fresh: npx proto-loader-gen-types gives what shared/protocol/wire holds", () => {
  const out = mkdtempSync(join(tmpdir(), "tributary-wire-"));
  const protos = readdirSync(join(house, "proto")).sort();
  const options = ["--longs=Number", "--enums=String", "--defaults", "--oneofs", "--grpcLib=@grpc/grpc-js"];
  const places = ["--importFileExtension=.ts", "--includeDirs=proto", `--outDir=${out}`];
  const script = join(house, "node_modules/@grpc/proto-loader/build/bin/proto-loader-gen-types.js");
  execFileSync(process.execPath, [script, ...options, ...places, ...protos], { cwd: house });
  const kept = join(house, "shared/protocol/wire/tributary/v1");
  const made = join(out, "tributary/v1");
  expect(readdirSync(kept).sort()).toEqual(readdirSync(made).sort());
  for (const file of readdirSync(made))
    expect(readFileSync(join(kept, file), "utf8"), file).toBe(readFileSync(join(made, file), "utf8"));
});
