/** Builds the measuring page alone, with the worker as the page has it; the caller names the folder it goes to. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  build: { target: ['chrome111'], emptyOutDir: true, chunkSizeWarningLimit: 2000 },
  worker: { format: 'es' },
})
