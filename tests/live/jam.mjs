/**
 * jmap-jam, a JMAP client that knows nothing of us, against a relay: logs in, uploads, sets, queries, syncs.
 *
 * `node jam.mjs MODULE`: MODULE is jmap-jam's file. One JSON object on the standard input says where and as whom; one
 * on the standard output says what came of it. What to expect of it is in test_jam.py.
 */
import { createHmac, createPrivateKey, randomBytes, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const { JamClient } = await import(pathToFileURL(process.argv[2]).href)
const given = JSON.parse(readFileSync(0, 'utf8'))
const SPACE = 'https://pli.example/ns'
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex') // RFC 8410: what stands before an Ed25519 seed
const PAGE = 2

const b64u = (bytes) => Buffer.from(bytes).toString('base64url')

async function post(path, body) {
  const answer = await fetch(given.origin + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: answer.status, said: await answer.json() }
}

/** RFC 6238 of the next step: that of now was used by the activation. */
function oneTimeCode() {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + 1))
  const mac = createHmac('sha1', Buffer.from(given.totp, 'base64url')).update(counter).digest()
  const at = mac[19] & 15
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

/** An access token by password and one-time code (docs/spec/login.md). */
async function logIn() {
  const { login } = given
  const method = 'password'
  const { challenge } = (await post('/auth/challenge', { login, method })).said
  const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
  const message = JSON.stringify({ challenge, method, origin: given.origin, time }) // canonical: sorted, no spaces
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, Buffer.from(given.seed, 'base64url')]), format: 'der', type: 'pkcs8' })
  const signature = b64u(sign(null, Buffer.from(`pli login v1\0${message}`), key))
  const asked = await post('/auth/login', { login, method, challenge, signature, time, device: null })
  if (asked.status !== 401 || !asked.said.ticket) throw new Error(`log-in: ${JSON.stringify(asked)}`)
  const done = await post('/auth/totp', { ticket: asked.said.ticket, code: oneTimeCode() })
  if (done.status !== 200) throw new Error(`code: ${JSON.stringify(done)}`)
  return done.said.accessToken
}

/** The ids that are there, as a client that was away reads them: by pages of changes. */
async function sync(jam, accountId, state) {
  const ids = new Set()
  for (let more = true; more; ) {
    const [page] = await jam.api.SealedMessage.changes({ accountId, sinceState: state, maxChanges: PAGE })
    for (const id of [...page.created, ...page.updated]) ids.add(id)
    for (const id of page.destroyed) ids.delete(id)
    more = page.hasMoreChanges
    state = page.newState
  }
  return { ids: [...ids], state }
}

async function caught(promise) {
  try {
    await promise
    return null
  } catch (error) {
    return error.type
  }
}

const jam = new JamClient({
  bearerToken: await logIn(),
  sessionUrl: `${given.origin}/.well-known/jmap`,
  customCapabilities: {
    AccountInfo: `${SPACE}/account/1`,
    Device: `${SPACE}/account/1`,
    PublicKey: `${SPACE}/keys/1`,
    KeyBox: `${SPACE}/keys/1`,
    SealedMessage: `${SPACE}/sealed/1`,
    SealedState: `${SPACE}/sealed/1`,
    Contact: `${SPACE}/sealed/1`,
  },
})
const session = await jam.session
const accountId = session.primaryAccounts[`${SPACE}/sealed/1`]

const sealed = randomBytes(1000)
const blob = await jam.uploadBlob(accountId, new Blob([sealed]))
const fetched = await jam.downloadBlob({ accountId, blobId: blob.blobId, mimeType: 'image/png', fileName: 'x.png' })

const name = b64u(randomBytes(32))
const [states] = await jam.requestMany((batch) => {
  const set = batch.SealedState.set({ accountId, update: { [name]: { version: 1, sealed: b64u(sealed) } } })
  return { set, got: batch.SealedState.get({ accountId, ids: [name] }) }
})

const start = await sync(jam, accountId, '0')
const clientId = b64u(randomBytes(16))
const create = { clientId, to: given.to, sealed: b64u(sealed), blobIds: [blob.blobId] }
const [sent] = await jam.api.SealedMessage.set({ accountId, create: { letter: create } })
const [again] = await jam.api.SealedMessage.set({ accountId, create: { letter: create } })

const [found] = await jam.requestMany((batch) => {
  const query = batch.SealedMessage.query({ accountId, filter: { box: 'out' }, limit: 1 })
  const letters = batch.SealedMessage.get({ accountId, ids: query.$ref('/ids') })
  const keys = batch.PublicKey.lookup({ accountId, accounts: letters.$ref('/list/*/from') })
  return { query, letters, keys }
})
const after = await sync(jam, accountId, start.state)

const said = {
  account: session.username,
  blob,
  fetched: { type: fetched.headers.get('Content-Type'), same: Buffer.from(await fetched.arrayBuffer()).equals(sealed) },
  state: { updated: states.set.updated, version: states.got.list[0].version, same: states.got.list[0].sealed === b64u(sealed) },
  before: start.ids.length,
  sent: sent.created.letter.id,
  again: again.notCreated.letter,
  found: { ids: found.query.ids, clientId: found.letters.list[0].clientId, blobIds: found.letters.list[0].blobIds },
  asked: clientId,
  keys: found.keys.list.map((key) => key.account),
  after: after.ids,
  refused: {
    leak: await caught(jam.api.SealedMessage.query({ accountId, filter: { subject: 'x' } })),
    other: await caught(jam.api.SealedState.get({ accountId: given.other, ids: null })),
    unknown: await caught(jam.api.Contact.query({ accountId })),
    capability: await caught(jam.api.Core.echo({}, { using: ['urn:ietf:params:jmap:mail'] })),
  },
}
process.stdout.write(JSON.stringify(said))
