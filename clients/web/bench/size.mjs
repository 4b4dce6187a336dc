/**
 * What the first page weighs, compressed: the scripts that `index.html` needs before anything is shown, and the styles.
 *
 * `npm run build && npm run size` ends with status 1 over the budget of docs/performance.md.
 */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const DIST = new URL('../dist/', import.meta.url)
const BUDGET = { scripts: 60_000, styles: 15_000 } // bytes, gzip

const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', DIST), 'utf8'))
const weigh = file => gzipSync(readFileSync(new URL(file, DIST))).length

const needed = new Set()
const need = name => {
  if (needed.has(name)) return
  needed.add(name)
  for (const one of manifest[name].imports ?? []) need(one)
}
need('index.html')

const sum = files => files.reduce((bytes, file) => bytes + weigh(file), 0)
const sizes = {
  scripts: sum([...needed].map(name => manifest[name].file)),
  styles: sum(manifest['index.html'].css ?? []),
}
for (const [what, bytes] of Object.entries(sizes)) {
  const over = bytes > BUDGET[what]
  console.log(`${what}: ${(bytes / 1000).toFixed(1)} kB of ${BUDGET[what] / 1000} kB${over ? ': over the budget' : ''}`)
  if (over) process.exitCode = 1
}
