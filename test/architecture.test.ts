/** The plan of the house: imports only go down, client and server never meet, no circles, one door for each heavy package. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const house = resolve(import.meta.dirname, "..");
const sources = ["index.ts", ...["cli", "server", "client", "shared"].flatMap(filesBelow)];

function filesBelow(folder: string): string[] {
  if (!existsSync(join(house, folder))) return [];
  return readdirSync(join(house, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(house, join(entry.parentPath, entry.name)))
    .filter((file) => !file.startsWith("shared/kernels/assembly/")) // AssemblyScript: a world of its own
    .filter((file) => !file.startsWith("shared/protocol/wire/")); // generated types: gone once compiled
}

interface Import {
  readonly target: string;
  /** `import type`: gone once compiled. */
  readonly typeOnly: boolean;
  /** `import("…")`: loaded when it is come to. */
  readonly lazy: boolean;
}

/** Static imports and re-exports, and `import("…")`. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(house, file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  const statics = [...text.matchAll(/^\s*(?:import|export)\s+(type\s)?[^"';]*?from\s+"([^"]+)"/gm)];
  const bare = [...text.matchAll(/^\s*import\s+()"([^"]+)"/gm)];
  const dynamic = [...text.matchAll(/\bimport\(()\s*"([^"]+)"/g)];
  const found =
    (lazy: boolean) =>
    ([, type, target]: RegExpExecArray): Import => ({ target: target!, typeOnly: Boolean(type), lazy });
  return [...[...statics, ...bare].map(found(false)), ...dynamic.map(found(true))];
}

const localImports = (file: string): { file: string; typeOnly: boolean; lazy: boolean }[] =>
  importsOf(file)
    .filter(({ target }) => target.startsWith("."))
    .map(({ target, ...how }) => ({ ...how, file: relative(house, resolve(house, dirname(file), target)) }));

/** Top floor first. A file may import from its own floor and from those below it. */
function floorOf(file: string): number {
  if (file.startsWith("cli/")) return 0;
  if (file === "index.ts") return 1;
  if (file.startsWith("server/") || file.startsWith("client/")) return 2;
  return 3;
}
const wing = (file: string): string => file.split("/")[0]!;

test.each(sources)("%s imports only downwards, and client and server never meet", (file) => {
  for (const { file: imported } of localImports(file)) {
    expect(existsSync(join(house, imported)), `${imported} exists`).toBe(true);
    expect(floorOf(imported), imported).toBeGreaterThanOrEqual(floorOf(file));
    if (floorOf(file) === 2 && floorOf(imported) === 2) expect(wing(imported)).toBe(wing(file));
  }
});

test("no files import each other in a circle, not even for a type", () => {
  const finished = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    if (finished.has(file)) return;
    expect(trail, `a circle: ${[...trail, file].join(" → ")}`).not.toContain(file);
    for (const { file: next } of localImports(file)) visit(next, [...trail, file]);
    finished.add(file);
  };
  for (const file of sources) visit(file, []);
});

/** Where a package may be imported at run time; a package not listed may be imported by its own wing alone, or not at all. */
const doors: Readonly<Record<string, RegExp>> = {
  "@grpc/grpc-js": /^(server\/rpc|client\/(rpc|doctor))\//,
  "@grpc/proto-loader": /^shared\/protocol\//,
  "@grpc/reflection": /^server\/rpc\/housekeeping\.ts$/,
  "grpc-health-check": /^server\/rpc\/housekeeping\.ts$/,
  "prom-client": /^server\/telemetry\/metrics\.ts$/,
  "@peculiar/x509": /^server\/identity\/authority\.ts$/,
  "reflect-metadata": /^server\/identity\/authority\.ts$/,
  zod: /^(shared|server|client)\//,
  yaml: /^shared\/experiment\/document\.ts$/,
  commander: /^cli\/(main|commands)\.ts$/,
  "cli-table3": /^cli\/table\.ts$/,
  pino: /^server\/telemetry\/logger\.ts$/,
  piscina: /^server\/fleet\/threads\.ts$/,
  libsql: /^server\/store\/sqlite\.ts$/,
  "csv-parse": /^shared\/data\/readers\/csv\.ts$/,
  fflate: /^shared\/tensor\/npy\.ts$/,
  hyparquet: /^shared\/data\/readers\/parquet\.ts$/,
  "hyparquet-compressors": /^shared\/data\/readers\/parquet\.ts$/,
};

test("every package has its one door", () => {
  for (const file of sources) {
    for (const { target, typeOnly } of importsOf(file)) {
      if (target.startsWith(".") || target.startsWith("node:") || typeOnly) continue;
      const name = target.startsWith("@") ? target.split("/").slice(0, 2).join("/") : target.split("/")[0]!;
      expect(doors[name], `${file} imports ${name}, for which no door is named here`).toBeDefined();
      expect(file, `${name} is imported elsewhere`).toMatch(doors[name]!);
    }
  }
});

test("every package that is depended on has a door", () => {
  const { dependencies } = JSON.parse(readFileSync(join(house, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  expect(Object.keys(doors).sort()).toEqual(Object.keys(dependencies).sort());
});

test("shared mathematics knows no sockets, no threads and no processes", () => {
  const forbidden = /^node:(net|http|https|http2|tls|dgram|worker_threads|child_process|cluster)$/;
  for (const file of sources.filter((source) => source.startsWith("shared/"))) {
    for (const { target, typeOnly } of importsOf(file)) if (!typeOnly) expect(target, file).not.toMatch(forbidden);
  }
});

/** What is loaded with a file, and the packages among it. */
function loadedWith(entry: string): { files: ReadonlySet<string>; packages: string[] } {
  const files = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    for (const { file: next, typeOnly, lazy } of localImports(file)) if (!typeOnly && !lazy) visit(next);
  };
  visit(entry);
  const imports = [...files].flatMap(importsOf).filter(({ typeOnly, lazy }) => !typeOnly && !lazy);
  const packages = imports.map(({ target }) => target).filter((target) => !/^(\.|node:)/.test(target));
  return { files, packages: [...new Set(packages)].sort() };
}

test("the command line loads what a command needs when the command is called, and nothing before", () => {
  const { files, packages } = loadedWith("cli/main.ts");
  expect(packages).toEqual(["commander"]);
  expect(files.size).toBeLessThan(25);
});

test("a worker thread loads no package at all", () => {
  expect(loadedWith("client/thread-door.ts").packages).toEqual([]);
});
