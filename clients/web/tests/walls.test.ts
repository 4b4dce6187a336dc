/** The walls of the web client hold: each import that runs the wrong way is refused by the linter. */
import { ESLint } from 'eslint'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'

const cwd = fileURLToPath(new URL('..', import.meta.url))
const RULE = '@typescript-eslint/no-restricted-imports'
const eslint = new ESLint({ cwd })

// The first file that is linted brings the types of the whole client with it.
beforeAll(async () => {
  await refusals('src/crypto/bytes.ts', './errors.ts')
}, 120_000)

async function refusals(file: string, imported: string): Promise<number> {
  const [result] = await eslint.lintText(`import '${imported}'\n`, { filePath: `${cwd}${file}` })
  return result!.messages.filter(({ ruleId }) => ruleId === RULE).length
}

// Files that exist, so that the linter knows their types.
const LOG = 'crypto/transparency/note'
const OFFLINE = 'offline/worker'
const [CRYPTO, WIRE, CONTENT, SESSION] = ['crypto/keys', 'wire/types', 'content/letter', 'session/transport']

test.each([
  [CRYPTO, '../wire/types.ts'],
  [CRYPTO, 'preact'],
  [CRYPTO, 'node:crypto'],
  [CRYPTO, '@noble/post-quantum/ml-dsa.js'],
  [LOG, 'preact'],
  [LOG, '../../wire/types.ts'],
  [LOG, '@noble/post-quantum/ml-kem.js'],
  [WIRE, '../session/session.ts'],
  [CONTENT, '../pages/app.tsx'],
  [CONTENT, '../ui/button.tsx'],
  [CONTENT, '../crypto/envelope.ts'],
  [SESSION, '../pages/app.tsx'],
  [SESSION, '../device/clock.ts'],
  [SESSION, 'libsodium-wrappers-sumo'],
  [SESSION, '../crypto/vault.ts'],
  [SESSION, '../crypto/transparency/note.ts'],
  [SESSION, '@noble/post-quantum/ml-dsa.js'],
  [OFFLINE, '../session/session.ts'],
  [OFFLINE, '../device/store.ts'],
  [OFFLINE, '../wire/types.ts'],
])('src/%s may not import %s', async (file, imported) => {
  expect(await refusals(`src/${file}.ts`, imported)).toBeGreaterThan(0)
})

test.each([
  [CRYPTO, './bytes.ts'],
  [CRYPTO, './transparency/statement.ts'],
  [LOG, './mldsa.ts'],
  [LOG, '../bytes.ts'],
  [LOG, '@noble/post-quantum/ml-dsa.js'],
  [CRYPTO, 'libsodium-wrappers-sumo'],
  [CONTENT, '../crypto/encoding.ts'],
  [SESSION, '../crypto/desk.ts'],
  [SESSION, '../content/letter.ts'],
  [OFFLINE, './rules.ts'],
  [OFFLINE, '../pages/places.ts'],
])('src/%s may import %s', async (file, imported) => {
  expect(await refusals(`src/${file}.ts`, imported)).toBe(0)
})
