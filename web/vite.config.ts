import { defineConfig } from "vitest/config";

// Relative addresses, so that the page also works behind a prefix of an organisation's own address.
export default defineConfig({
  base: "./",
  build: {
    outDir: "../src/frontcast/serve/static",
    emptyOutDir: true,
    target: "es2022",
    // The policy of the page forbids inlined code; a data: image in the style sheet is no better.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1300,
    rollupOptions: {
      output: {
        manualChunks: { map: ["maplibre-gl"] },
        // Not every machine knows that .mjs is a script, and a worker must be one.
        assetFileNames: ({ names }) => `assets/[name]-[hash]${names[0]?.endsWith(".mjs") ? ".js" : "[extname]"}`,
      },
    },
  },
  // While developing: `frontcast serve` beside `npm run dev`.
  server: { proxy: { "/api": "http://127.0.0.1:8765" } },
  test: { include: ["tests/**/*.test.ts"] },
});
