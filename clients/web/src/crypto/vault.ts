/** The keys of one person while the client runs, and what is done with them. It lives in the worker, not in the page. */
import { equal } from './bytes.ts'
import { parseCode } from './code.ts'
import { rotated, sealingSeeds, wipeContent } from './content.ts'
import { canonical, type Json } from './encoding.ts'
import { openSealed, seal } from './envelope.ts'
import { cannotOpen } from './errors.ts'
import { blobId, keyId, sha256 } from './hashing.ts'
import { openBox, type OpenedBox, passwordKdfOf, renew, replace } from './keybox.ts'
import { unwrapKept, wrapKept } from './kept.ts'
import { BoxKey, loadPublicKeys, loadSealing, newKeyPairs, type PublicKeys, publicKeys, signingPublic } from './keys.ts'
import { letterLoginSeed, passwordLoginSeed, signLogin } from './login.ts'
import type { Activated, OperationName, Operations, RawPublicKeys, Unlocked, VerifiedStatement } from './operations.ts'
import { freshKdf, kdfFromJson, type Master, stretch } from './password.ts'
import type { SlotKey } from './slot.ts'
import { openState, sealState, stateName } from './state.ts'
import { makeStatement, readStatement, type Statement, statementHash, verifyStatement } from './statement.ts'

type Args<Name extends OperationName> = Operations[Name][0]
/** A password that was stretched a moment ago, known again by a keyed hash: the text itself is not kept. */
type Stretched = { readonly mark: Uint8Array; readonly master: Master }

export class Vault implements Handlers {
  readonly #now: () => Date
  #opened: OpenedBox | undefined
  #stretched: Stretched | undefined

  constructor(now: () => Date) {
    this.#now = now
  }

  passwordLogin({ password, kdf, ...challenge }: Args<'passwordLogin'>): Uint8Array {
    const master = this.#stretch(password, kdf)
    return signLogin(passwordLoginSeed(master, challenge.account), { ...challenge, method: 'password' })
  }

  letterLogin({ code, ...challenge }: Args<'letterLogin'>): Uint8Array {
    return signLogin(letterLoginSeed(parseCode(code), challenge.account), { ...challenge, method: 'letter' })
  }

  unlockWithPassword({ account, box, password, minimumVersion }: Args<'unlockWithPassword'>): Unlocked {
    const master = this.#stretch(password, passwordKdfOf(box))
    return this.#unlock(box, account, { type: 'password', master }, minimumVersion)
  }

  unlockWithCode({ account, box, code, type, minimumVersion }: Args<'unlockWithCode'>): Unlocked {
    return this.#unlock(box, account, { type, code: parseCode(code) }, minimumVersion)
  }

  activate({ account, box, code, password }: Args<'activate'>): Activated {
    const letter = openBox(box, account, { type: 'letter', code: parseCode(code) })
    const now = this.#now()
    const keys = newKeyPairs()
    const master = stretch(password, freshKdf())
    const key: SlotKey = { type: 'password', master }
    const made = renew(letter, rotated(letter.content, keys, now), [key])
    const signed = makeStatement(account, publicKeys(keys), letter.content.keys.signing, now, firstStatement(letter))
    const loginKey = signingPublic(passwordLoginSeed(master, account)).raw
    const unlocked = this.#unlock(made.box, account, key, letter.version + 1)
    master.raw.fill(0)
    wipeBox(letter)
    made.boxKey.wipe()
    return { box: made.box, kdf: master.kdf, loginKey, newKeys: { ...rawKeys(publicKeys(keys)), ...signed }, unlocked }
  }

  keep({ wrappingKey }: Args<'keep'>): Promise<Uint8Array> {
    const opened = this.#box()
    return wrapKept(opened, opened.account, wrappingKey)
  }

  async restore({ account, box, wrapped, wrappingKey, minimumVersion }: Args<'restore'>): Promise<Unlocked> {
    const { boxKey, version } = await unwrapKept(wrapped, account, wrappingKey)
    return this.#unlock(box, account, boxKey, Math.max(version, minimumVersion))
  }

  pinInBox(pins: Args<'pinInBox'>): Operations['pinInBox'][1] {
    const opened = this.#box()
    const { box } = replace(opened, { ...opened.content, pins }, {})
    return { box, version: opened.version + 1 }
  }

  adoptBox(box: Args<'adoptBox'>): Unlocked {
    const { account, boxKey, version } = this.#box()
    return this.#unlock(box, account, new BoxKey(boxKey.raw), version)
  }

  sealLetter({ plaintext, recipients }: Args<'sealLetter'>): Uint8Array {
    return seal(plaintext, this.#box().content.keys.signing, recipients.map(loadSealing))
  }

  openLetter(sealed: Args<'openLetter'>): Operations['openLetter'][1] {
    const { plaintext, sender, recipients } = openSealed(sealed, sealingSeeds(this.#box().content))
    return { plaintext: plaintext.slice(), senderSigningKey: sender.raw, recipients }
  }

  stateName(label: string): string {
    return stateName(this.#box().boxKey, label)
  }

  sealState({ bytes, ...place }: Args<'sealState'>): Uint8Array {
    return sealState(this.#box().boxKey, place, bytes)
  }

  openState({ sealed, ...place }: Args<'openState'>): Uint8Array {
    return openState(this.#box().boxKey, place, sealed)
  }

  verifyStatements({ account, chain }: Args<'verifyStatements'>): readonly VerifiedStatement[] {
    const verified: Statement[] = []
    for (const link of chain) {
      const keys = loadPublicKeys(link.signingKey, link.sealingKey)
      verified.push(verifyStatement(link, keys, account, verified.at(-1) ?? null))
    }
    return verified.map(({ keys, raw, seq, time }) => ({ keyId: keyId(keys), hash: statementHash(raw), seq, time }))
  }

  keyId({ signingKey, sealingKey }: RawPublicKeys): string {
    return keyId(loadPublicKeys(signingKey, sealingKey))
  }

  blobId(bytes: Uint8Array): string {
    return blobId(bytes)
  }

  sha256(bytes: Uint8Array): Uint8Array {
    return sha256(bytes)
  }

  lock(): null {
    if (this.#opened !== undefined) wipeBox(this.#opened)
    this.#opened = undefined
    this.#forget()
    return null
  }

  #box(): OpenedBox {
    if (this.#opened === undefined) throw cannotOpen('locked')
    return this.#opened
  }

  #unlock(box: Uint8Array, account: string, key: SlotKey | BoxKey, minimumVersion: number): Unlocked {
    const opened = openBox(box, account, key, minimumVersion)
    this.lock()
    this.#opened = opened
    return unlockedOf(opened)
  }

  #stretch(password: string, raw: Json): Master {
    const kdf = kdfFromJson(raw)
    const mark = sha256(canonical([password.normalize('NFC'), kdf]))
    if (this.#stretched === undefined || !equal(this.#stretched.mark, mark)) {
      this.#forget()
      this.#stretched = { mark, master: stretch(password, kdf) }
    }
    return this.#stretched.master
  }

  #forget(): void {
    this.#stretched?.master.raw.fill(0)
    this.#stretched = undefined
  }
}

type Handlers = { readonly [Name in OperationName]: (args: Args<Name>) => Operations[Name][1] | Promise<Operations[Name][1]> }

function wipeBox({ boxKey, content }: OpenedBox): void {
  wipeContent(content)
  boxKey.wipe()
}

function unlockedOf({ account, content, version }: OpenedBox): Unlocked {
  const present = publicKeys(content.keys)
  const earlier = content.previous.map(({ keys }) => keyId(publicKeys(keys)))
  return { account, keyId: keyId(present), earlier, publicKeys: rawKeys(present), version, pins: content.pins }
}

/**
 * The statement that announced the letter's keys. An enrolment station makes both with one time, and a canonical
 * statement has one spelling, so nobody needs to bring it: its hash is what the next one names.
 */
function firstStatement({ account, content }: OpenedBox): Statement {
  const keys = publicKeys(content.keys)
  const { statement } = makeStatement(account, keys, content.keys.signing, new Date(content.created))
  return readStatement(statement, keys)
}

const rawKeys = ({ signing, sealing }: PublicKeys): RawPublicKeys => ({
  signingKey: signing.raw,
  sealingKey: sealing.raw,
})
