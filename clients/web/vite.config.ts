/** How the web client is built: one page, no inline script or style, one chunk for the sealing worker. */
import { env } from 'node:process'
import { defineConfig } from 'vite'
import { published } from './published.ts'

/** Where the relay listens: `vite` alone serves the page and passes the relay's doors on. */
const RELAY = env['PLI_RELAY'] ?? 'http://127.0.0.1:8080'

const DOORS = ['/.well-known', '/auth', '/jmap', '^/log/']

/** What the relay sends with the page; `vite preview` sends it too, so that a breach shows before the relay does. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "font-src 'self'",
  "connect-src 'self' blob:",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types app-url',
].join('; ')

const TARGET = ['chrome111', 'firefox114', 'safari16.4']

export default defineConfig({
  base: '/',
  plugins: [published(TARGET)],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: TARGET,
    outDir: 'dist',
    emptyOutDir: true,
    manifest: true,
    sourcemap: false,
    // The content security policy has no data: for fonts or images and no inline script.
    assetsInlineLimit: 0,
    // The list of what each later page needs would be a kilobyte of the first load; all styles come with that anyway.
    modulePreload: false,
    // The worker holds libsodium with its WebAssembly inside: about 1 MB, loaded once and beside the page.
    chunkSizeWarningLimit: 1500,
  },
  worker: { format: 'es' },
  server: { host: '127.0.0.1', proxy: Object.fromEntries(DOORS.map(door => [door, RELAY])) },
  preview: { host: '127.0.0.1', headers: { 'Content-Security-Policy': POLICY } },
})
