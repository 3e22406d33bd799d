/** Builds the dashboard into `dist/web`, which the API serves. Nothing in it asks another host for anything. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

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
      // Nothing here is rendered on a server, so what the libraries say for that case is no news.
      onLog: (level, log, next) => {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') next(level, log);
      },
    },
  },
  // `npx vite web` for work on the dashboard, beside a running `drover up`.
  server: { proxy: { '/api': 'http://127.0.0.1:7777' } },
  logLevel: 'warn',
});
