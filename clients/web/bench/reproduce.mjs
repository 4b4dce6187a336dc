/**
 * Builds the client twice, in two folders of different names and depths, and compares what came out, byte for byte.
 *
 * `npm run reproduce` ends with status 1 where they differ. With a URL it also holds what is served there against the manifest:
 * `npm run reproduce -- http://127.0.0.1:8080`.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const WEB = fileURLToPath(new URL('..', import.meta.url))
const SOURCES = ['index.html', 'keptfiles.ts', 'package.json', 'published.ts', 'public', 'src', 'tsconfig.json', 'tsconfig.app.json', 'tsconfig.offline.json', 'tsconfig.strict.json', 'tsconfig.tests.json', 'vite.config.ts']

/** What the client shares with the Python side, seen from its own folder. */
const SHARED = '../content/document-types.tsv'

function build(root) {
  const folder = join(root, 'clients', 'web')
  mkdirSync(folder, { recursive: true })
  for (const one of [...SOURCES, SHARED]) cpSync(join(WEB, one), join(folder, one), { recursive: true })
  symlinkSync(realpathSync(join(WEB, 'node_modules')), join(folder, 'node_modules'))
  execFileSync(process.execPath, [join(WEB, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'error'], { cwd: folder, stdio: 'inherit' })
  return readFileSync(join(folder, 'dist', 'SHA256SUMS'), 'utf8')
}

const place = mkdtempSync(join(tmpdir(), 'pli-reproduce-'))
const troubles = []
try {
  const first = build(join(place, 'one'))
  const second = build(join(place, 'another', 'and deeper'))
  if (first !== second) {
    const other = new Set(second.split('\n'))
    troubles.push(...first.split('\n').filter(line => !other.has(line)).map(line => `differs: ${line}`))
  }
  const origin = process.argv[2]
  if (origin !== undefined) {
    if ((await (await fetch(`${origin}/SHA256SUMS`)).text()) !== first) troubles.push('another manifest is served')
    for (const line of first.split('\n').filter(one => one !== '')) {
      const [hash, path] = line.split('  ')
      const served = await fetch(`${origin}/${path === 'index.html' ? '' : path}`, { headers: { 'Accept-Encoding': 'identity' } })
      const bytes = Buffer.from(await served.arrayBuffer())
      const found = createHash('sha256').update(bytes).digest('hex')
      if (!served.ok || found !== hash) troubles.push(`served otherwise: ${path}`)
    }
  }
  console.log(`${first.split('\n').length - 1} files, built twice${origin === undefined ? '' : `, and served by ${origin}`}`)
} finally {
  rmSync(place, { recursive: true, force: true })
}
for (const one of troubles) console.log(one)
if (troubles.length > 0) process.exitCode = 1
