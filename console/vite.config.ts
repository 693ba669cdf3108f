import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const src = fileURLToPath(new URL("./src", import.meta.url));
const server = process.env.FORESEEN_URL ?? "http://127.0.0.1:8480";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": src } },
  html: { cspNonce: "__NONCE__" }, // the server puts a new one in with each page
  build: {
    outDir: "../src/foreseen/api/console/static",
    emptyOutDir: true,
    assetsInlineLimit: 0, // the content security policy has no data: addresses
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700, // kB, unzipped: charts and editor, each loaded where it is shown
  },
  server: { proxy: { "/api": server } },
});
