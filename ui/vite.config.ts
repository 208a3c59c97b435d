import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig(({ mode }) => ({
  base: "./",
  plugins: [react()],
  // Product builds hold no stand-in for the core; see src/main.tsx.
  define: { __MOCK__: JSON.stringify(mode !== "production") },
  build: {
    // The oldest engines Utpost is shown in: WebKitGTK 2.40 and WebView2 of the same age.
    target: ["safari16.4", "chrome111"],
    // The content policy takes files only: nothing inlined into page or style sheet.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
  },
  test: {
    environment: "jsdom",
    setupFiles: ["src/test/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    css: false,
    // A machine that also compiles is slow.
    testTimeout: 60_000,
  },
}));
