import { defineConfig } from "vitest/config";

// Kept apart from any Vite configuration. Worker threads and child processes run built code, so `npm test` builds first.
// Tests that stay in their process share the modules they import: reading those anew for every file costs more than the tests.
export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    globalSetup: ["test/support/temporary-root.ts"],
    benchmark: { include: ["test/bench/**/*.bench.ts"] },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: "in process",
          include: ["test/*.test.ts", "test/{unit,contract,bench}/**/*.test.ts"],
          isolate: false,
        },
      },
      {
        extends: true,
        test: { name: "processes", include: ["test/{integration,replications}/**/*.test.ts"] },
      },
    ],
  },
});
