import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import { defineConfig } from "vitest/config";

// `npm run dev` shows the pages against a running Roadcall; everything that is not a page goes there.
const services = process.env["ROADCALL_ORIGIN"] ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [svelte(), svelteTesting()],
  build: { outDir: "dist", target: "es2022", chunkSizeWarningLimit: 400, assetsInlineLimit: 0 },
  server: { proxy: { "^/[a-z]+/v1/": { target: services, changeOrigin: false } } },
  // A busy machine takes seconds for what takes milliseconds: time says nothing here.
  test: { environment: "jsdom", globals: true, include: ["tests/**/*.test.ts"], testTimeout: 60_000 },
});
