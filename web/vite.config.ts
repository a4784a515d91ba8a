import { defineConfig } from "vitest/config";

export default defineConfig({
  build: {
    target: "es2023",
    assetsInlineLimit: 0, // a data: address would need a wider content security policy
    modulePreload: { polyfill: false },
    reportCompressedSize: false, // scripts/first-load.mjs measures what the browser loads first
  },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
