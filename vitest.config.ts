import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "node",
    include: ["test/**/*.test.ts"],
    // Browsers and other runtimes have runners of their own: scripts/ci-*.sh.
    exclude: ["test/browser/**", "test/runtimes/**", "node_modules/**"],
    // A guard against hangs alone: exhaustive tests take their time on a machine that does other things too.
    testTimeout: 120_000,
    hookTimeout: 20_000,
    pool: "forks",
    maxWorkers: 2,
    passWithNoTests: false,
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      reporter: ["text-summary", "json-summary"],
      reportOnFailure: true,
    },
  },
});
