import { svelte } from "@sveltejs/vite-plugin-svelte";
import { VitePWA } from "vite-plugin-pwa";
import { defineConfig } from "vite";
import { icons, INSTALLED } from "./icons";

// The engineer's app is a build of its own below /phone/: its service worker sees nothing of the board.
const services = process.env["ROADCALL_ORIGIN"] ?? "http://127.0.0.1:8000";
const YEAR_S = 365 * 24 * 3600;

export default defineConfig({
  root: "src/phone",
  base: "/phone/",
  publicDir: "static",
  plugins: [
    svelte({ configFile: "../../svelte.config.js" }),
    icons("src/phone/static/icon.svg"),
    VitePWA({
      registerType: "prompt",
      injectRegister: null,
      filename: "sw.js",
      manifest: {
        id: "/phone/",
        name: "Roadcall",
        short_name: "Roadcall",
        start_url: "/phone/",
        scope: "/phone/",
        display: "standalone",
        orientation: "portrait",
        background_color: "#1f4e79",
        theme_color: "#1b5c9e",
        icons: INSTALLED.map((size) => ({ src: `icon-${size}.png`, sizes: `${size}x${size}`, type: "image/png", purpose: "any" })),
      },
      includeManifestIcons: false, // the system keeps them itself
      workbox: {
        inlineWorkboxRuntime: true,
        importScripts: ["push.js"],
        globPatterns: ["**/*.{js,css,html,svg,webmanifest}"],
        navigateFallback: "/phone/index.html",
        navigateFallbackAllowlist: [/^\/phone(\/|$)/],
        cleanupOutdatedCaches: true,
        // The first visit is enough: the page that installed the worker is served by it from then on.
        clientsClaim: true,
        runtimeCaching: [
          {
            urlPattern: /\/console\/v1\/(basemap|config)$/,
            handler: "StaleWhileRevalidate",
            options: { cacheName: "map", expiration: { maxAgeSeconds: YEAR_S } },
          },
        ],
      },
    }),
  ],
  build: { outDir: "../../dist/phone", emptyOutDir: true, target: "es2022", assetsInlineLimit: 0 },
  server: { proxy: { "^/[a-z]+/v1/": { target: services, changeOrigin: false } } },
});
