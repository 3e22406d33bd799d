/** Builds the dashboard into `dist/web`, which the API serves. Nothing in it asks another host for anything. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const QUIET = new Set(['MODULE_LEVEL_DIRECTIVE', 'PLUGIN_TIMINGS']);

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    // The content security policy allows no `data:` address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
    reportCompressedSize: false,
    rolldownOptions: {
      // Nothing here is rendered on a server, so what the libraries say for that case is no news; nor is it how
      // long a busy machine takes.
      onLog: (level, log, next) => {
        if (!QUIET.has(log.code ?? '')) next(level, log);
      },
    },
  },
  // `npx vite web` for work on the dashboard, beside a running `drover up`.
  server: { proxy: { '/api': 'http://127.0.0.1:7777' } },
  logLevel: 'warn',
});
