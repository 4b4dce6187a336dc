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

/** What main.tsx imports; what those import comes with them. */
const FIRST = /\/src\/(crypto\/desk|device\/(device|workers)|pages\/app|session\/(login|session|transport)|words\/words)\.tsx?$/

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
    // What the first page needs is named in index.html: a slow line then waits once, not once for each import. The list of
    // what each later page needs would be a kilobyte of the first load; all styles come with that anyway.
    modulePreload: { polyfill: false, resolveDependencies: (_, needed, { hostType }) => (hostType === 'html' ? needed : []) },
    // All that the entry imports is one file: forty of a kilobyte or two wait for each other on six connections. The entry
    // itself is not in it: it waits for a session, whose later parts import from that file and would wait for the entry.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'first', test: FIRST }] } } },
    // The worker holds libsodium with its WebAssembly inside: about 1 MB, loaded once and beside the page.
    chunkSizeWarningLimit: 1500,
  },
  worker: { format: 'es' },
  server: { host: '127.0.0.1', proxy: Object.fromEntries(DOORS.map(door => [door, RELAY])) },
  preview: { host: '127.0.0.1', headers: { 'Content-Security-Policy': POLICY } },
})
