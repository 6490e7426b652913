import { defineConfig } from "vitest/config";

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: {
    environment: "node",
    include: ["*/tests/unit/**/*.test.{ts,tsx}"],
    testTimeout: 20_000,
  },
});
