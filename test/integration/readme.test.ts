import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, symlinkSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const house = resolve(import.meta.dirname, "../..");
const readme = readFileSync(join(house, "README.md"), "utf8");
const { scripts } = JSON.parse(readFileSync(join(house, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};

/** Fenced blocks: the language after the fence, and what stands in them. */
const blocks = [...readme.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({
  language: language!,
  text: text!,
}));

/** The lines of the blocks without a language. */
const commands = blocks
  .filter(({ language }) => language === "")
  .flatMap(({ text }) => text.split("\n"))
  .map((line) => line.replace(/\s+#.*$/, "").trim())
  .filter((line) => line !== "");

describe("every command of the README", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "tributary-readme-"));
    for (const entry of ["dist", "examples", "node_modules", "package.json", "shared"])
      symlinkSync(join(house, entry), join(folder, entry));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test("is found", () => {
    expect(commands.length).toBeGreaterThanOrEqual(9);
  });

  test.each(commands.filter((command) => command.startsWith("node ")))("%s", (command) => {
    const printed = execFileSync("/bin/bash", ["-c", command], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1" },
    });
    expect(printed).not.toBe("");
  });

  test("npm start prints what the README shows, but for the time it takes", () => {
    const shown = blocks.find(({ language }) => language === "text")!.text;
    const printed = execFileSync("/bin/bash", ["-c", scripts["start"]!], { cwd: folder, encoding: "utf8" });
    const timeless = (text: string): string => text.trim().replace(/\d+ threads|[\d.]+ (ms|s|rounds\/s)\b/g, "…");
    expect(timeless(printed)).toBe(timeless(shown));
  });

  test.each(commands.filter((command) => command.startsWith("npm ")))("%s sets itself up first", (command) => {
    const name = command.split(" ")[1]!;
    expect(scripts[name]).toBeDefined();
    expect(scripts[`pre${name}`]).toBe("npm run --silent setup && npm run --silent build");
  });
});

test("npm start is the experiment that the README shows", () => {
  expect(scripts["start"]).toBe("node dist/cli/main.js simulate examples/heart-disease.yaml");
  expect(readme).toContain("](examples/heart-disease.yaml)");
});

test("every file and folder that the README links to is there", () => {
  for (const [, target] of readme.matchAll(/\]\(([^)#]+)\)/g))
    expect(() => readFileSync(join(house, target!)), target).not.toThrow();
});
