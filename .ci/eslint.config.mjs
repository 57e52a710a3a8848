import js from "@eslint/js";
import tseslint from "typescript-eslint";

// Engine-defined mathematics: its last bits differ between JavaScript engines, so the model's bits may not depend on it.
const engineDefined = [
  "exp",
  "expm1",
  "log",
  "log1p",
  "log2",
  "log10",
  "pow",
  "sin",
  "cos",
  "tan",
  "sinh",
  "cosh",
  "tanh",
  "asin",
  "acos",
  "atan",
  "atan2",
  "hypot",
  "cbrt",
  "random",
];

const nodeGlobals = [
  "process",
  "console",
  "URL",
  "Buffer",
  "performance",
  "setTimeout",
  "setInterval",
  "clearInterval",
  "clearTimeout",
  "AbortController",
];

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", "runs/", "coverage/", "shared/kernels/assembly/", "shared/protocol/wire/"] },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { project: "test/tsconfig.json", tsconfigRootDir: new URL("..", import.meta.url).pathname },
    },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-non-null-assertion": "off", // noUncheckedIndexedAccess makes `!` the mark of an index a loop has just proved
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
    },
  },
  {
    files: ["shared/**/*.ts", "client/**/*.ts", "server/**/*.ts"],
    rules: {
      "no-restricted-properties": [
        "error",
        ...engineDefined.map((property) => ({
          object: "Math",
          property,
          message: "engine-defined: use shared/kernels/math.ts (or Random)",
        })),
      ],
      "no-restricted-syntax": [
        "error",
        { selector: "BinaryExpression[operator='**']", message: "engine-defined: use shared/kernels/math.ts" },
      ],
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: { "@typescript-eslint/no-unsafe-assignment": "off", "@typescript-eslint/no-unsafe-return": "off" },
  }, // vitest's asymmetric matchers are of type any
  {
    files: ["**/*.mjs"],
    languageOptions: { globals: Object.fromEntries(nodeGlobals.map((name) => [name, "readonly"])) },
  },
);
