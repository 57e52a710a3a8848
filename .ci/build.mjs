// Builds dist/ step by step; a step whose sources are unchanged since its last success is skipped.
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

process.chdir(new URL("..", import.meta.url).pathname);

const filesBelow = (folder, ending) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
        .map((entry) => join(entry.parentPath, entry.name))
    : [];
const bin = (name) => join("node_modules", ".bin", name);

const kernelSources = filesBelow("shared/kernels/assembly", ".ts");
const typescript = ["cli", "client", "server", "shared"]
  .flatMap((folder) => filesBelow(folder, ".ts"))
  .filter((file) => !kernelSources.includes(file));

const steps = [
  {
    name: "kernels",
    sources: [...kernelSources, ".ci/build.mjs", "package.json"],
    output: "dist/shared/kernels/kernels.wasm",
    run() {
      mkdirSync("dist/shared/kernels", { recursive: true });
      execFileSync(
        bin("asc"),
        [
          "shared/kernels/assembly/index.ts",
          "--outFile",
          "dist/shared/kernels/kernels.wasm",
          "--runtime",
          "stub",
          "--optimizeLevel",
          "3",
          "--enable",
          "simd,threads,bulk-memory",
          "--importMemory",
          "--sharedMemory",
          "--initialMemory",
          "16",
          "--maximumMemory",
          "65536",
          "--memoryBase",
          "1024",
          "--noAssert",
          "--use",
          "abort=",
        ],
        { stdio: "inherit" },
      );
    },
  },
  {
    name: "typescript",
    sources: ["index.ts", "tsconfig.json", "package.json", ".ci/build.mjs", ...typescript],
    output: "dist/index.js",
    run() {
      for (const emitted of filesBelow("dist", ".js")) {
        const source = emitted.slice("dist/".length, -".js".length);
        if (existsSync(`${source}.ts`)) continue;
        for (const ending of [".js", ".d.ts"]) rmSync(join("dist", source + ending), { force: true });
      }
      execFileSync(bin("tsc"), ["-p", "tsconfig.json", "--incremental", "--tsBuildInfoFile", "dist/.tsbuildinfo"], {
        stdio: "inherit",
      });
      if (existsSync("dist/cli/main.js")) chmodSync("dist/cli/main.js", 0o755);
    },
  },
  {
    name: "loss-pages",
    sources: [".ci/loss-pages.mjs", ".ci/build.mjs", ...typescript.filter((file) => file.startsWith("shared/losses/"))],
    output: "dist/docs/losses/blocks.json",
    run() {
      execFileSync(process.execPath, [".ci/loss-pages.mjs"], { stdio: "inherit" });
    },
  },
];

mkdirSync("dist", { recursive: true });
for (const { name, sources, output, run } of steps) {
  const digest = createHash("sha256");
  for (const file of sources.filter(existsSync).sort())
    digest.update(file).update("\0").update(readFileSync(file)).update("\0");
  const hash = digest.digest("hex");
  const stamp = `dist/.${name}.sha256`;
  if (existsSync(output) && existsSync(stamp) && readFileSync(stamp, "utf8") === hash) continue;
  rmSync(stamp, { force: true });
  run();
  writeFileSync(stamp, hash);
}
