/**
 * What is made of a finished build: the service worker, and the published manifest, `SHA256SUMS` in dist, one line `HASH  PATH` for each file that a relay serves, sorted by
 * path, as sha256sum writes and checks it. Built anywhere from the same sources it is the same, byte for byte.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Plugin } from 'vite'
import { writeWorker } from './keptfiles.ts'

const NAME = 'SHA256SUMS'

/** Every file below `folder` but hidden ones and the manifest itself, with "/" between folders. */
export const servedFiles = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(one => one.isFile())
    .map(one => join(one.parentPath, one.name).slice(folder.length + 1).replaceAll('\\', '/'))
    .filter(path => path !== NAME && !path.split('/').some(part => part.startsWith('.')))
    .sort()

export const sums = (folder: string): string =>
  servedFiles(folder)
    .map(path => `${createHash('sha256').update(readFileSync(join(folder, path))).digest('hex')}  ${path}\n`)
    .join('')

/** `target`: the browsers that the build is for. */
export function published(target: string[]): Plugin {
  let [root, folder] = ['', '']
  return {
    name: 'pli-published',
    apply: 'build',
    configResolved: config => {
      root = config.root
      folder = resolve(root, config.build.outDir)
    },
    writeBundle: async () => {
      await writeWorker(root, folder, servedFiles(folder), target)
      writeFileSync(join(folder, NAME), sums(folder))
    },
  }
}
