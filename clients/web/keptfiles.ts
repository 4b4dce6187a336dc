/**
 * The service worker as it is built: one script of its own, with the hash of each file that it keeps written in.
 *
 * What only some PDF files need (character maps, fonts, codecs) is left to the browser's own cache.
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'

export const WORKER = 'offline.js'

const ONLY_SOME = /\.(bcmap|pfb|ttf|wasm)$/
/** Large, and only for whoever opens a PDF. */
const LATER = /^assets\/pdf[.-]/

const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('base64')

/** Write the worker into `folder`, where these files were built. */
export async function writeWorker(root: string, folder: string, paths: readonly string[], target: string[]): Promise<void> {
  const kept = paths.filter(path => path !== WORKER && !ONLY_SOME.test(path))
  const hashes = (some: readonly string[]): Record<string, string> =>
    Object.fromEntries(some.map(path => [path, hashOf(join(folder, path))]))
  const now = hashes(kept.filter(path => !LATER.test(path)))
  const later = hashes(kept.filter(path => LATER.test(path)))
  const name = createHash('sha256').update(JSON.stringify([now, later])).digest('hex').slice(0, 16)
  const built = await build({
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    define: { BUILD: JSON.stringify({ name, now, later }) },
    build: {
      target,
      write: false,
      lib: { entry: join(root, 'src/offline/worker.ts'), formats: ['iife'], name: 'offline' },
    },
  })
  const [one] = Array.isArray(built) ? built : []
  if (one?.output.length !== 1) throw new Error('the service worker is one file')
  writeFileSync(join(folder, WORKER), one.output[0].code)
}
