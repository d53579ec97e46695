import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

export default defineConfig({
  // Relative, so that the page also works below a path of a reverse proxy.
  base: './',
  plugins: [vue()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    // A Content-Security-Policy of 'self' allows no data: URLs.
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/channels': 'http://127.0.0.1:3000' } },
});
