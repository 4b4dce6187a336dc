/** The keys of one person while the client runs, and what is done with them. It lives in the worker, not in the page. */
import { changedOf, type Given, unlockedOf } from './answers.ts'
import { Boxes, wipeBox } from './boxes.ts'
import { equal } from './bytes.ts'
import { verifyCatalogue } from './catalogue.ts'
import { activatedBox, type BoxChange, changedBox } from './change.ts'
import { type Code, formatCode, newCode, parseCode } from './code.ts'
import { sealingSeeds } from './content.ts'
import type { DelegateFor } from './delegate.ts'
import { canonical, type Json } from './encoding.ts'
import { openSealed, seal } from './envelope.ts'
import { cannotOpen } from './errors.ts'
import { blobId, keyId, sha256 } from './hashing.ts'
import { openBox, type OpenedBox, passwordKdfOf, replace, slotIds } from './keybox.ts'
import { unwrapKept, wrapKept } from './kept.ts'
import { loadPublicKeys, loadSealing, loadSigning, publicKeys } from './keys.ts'
import { oppositionReceipt } from './receipt.ts'
import { letterLoginSeed, passkeyLoginSeed, passwordLoginSeed, recoveryLoginSeed, signLogin } from './login.ts'
import type { Carer, Changed, OperationName, Operations, RawPublicKeys, Unlocked, VerifiedStatement } from './operations.ts'
import { Pairings, type PairingShown } from './pairings.ts'
import { freshKdf, kdfFromJson, type Master, stretch } from './password.ts'
import type { SlotKey } from './slotkey.ts'
import { openState, sealState, stateName } from './state.ts'
import { checkpointOf, readPolicy, verifyClaim, verifyEntry, verifyGrown, verifyLog } from './transparency/log.ts'
import { isSuspected, readStatement, type Statement, statementHash, verifyStatement } from './transparency/statement.ts'

type Args<Name extends OperationName> = Operations[Name][0]
/** A password that was stretched a moment ago, known again by a keyed hash: the text itself is not kept. */
type Stretched = { readonly mark: Uint8Array; readonly master: Master }

export class Vault implements Handlers {
  readonly #now: () => Date
  readonly #boxes = new Boxes()
  readonly #pairings = new Pairings()
  #stretched: Stretched | undefined
  /** Made and shown, not yet in any box. */
  #recovery: Code | undefined

  constructor(now: () => Date) {
    this.#now = now
  }

  passwordLogin({ password, kdf, ...challenge }: Args<'passwordLogin'>): Uint8Array {
    const master = this.#stretch(password, kdf)
    return signLogin(passwordLoginSeed(master), { ...challenge, method: 'password' })
  }

  letterLogin({ code, second, ...challenge }: Args<'letterLogin'>): Uint8Array {
    return signLogin(letterLoginSeed(parseCode(code), secondOf(second)), { ...challenge, method: 'letter' })
  }

  oppositionReceipt({ login, code, second }: Args<'oppositionReceipt'>): string {
    return oppositionReceipt(login, parseCode(code), secondOf(second))
  }

  recoveryLogin({ code, ...challenge }: Args<'recoveryLogin'>): Uint8Array {
    return signLogin(recoveryLoginSeed(parseCode(code)), { ...challenge, method: 'recovery' })
  }

  passkeyLogin({ output, ...challenge }: Args<'passkeyLogin'>): Uint8Array {
    return signLogin(passkeyLoginSeed(output), { ...challenge, method: 'passkey' })
  }

  forgetPassword(): null {
    this.#forget()
    return null
  }

  unlockWithPassword({ account, box, password, minimumVersion }: Args<'unlockWithPassword'>): Unlocked {
    const master = this.#stretch(password, passwordKdfOf(box))
    return this.#unlock(openBox(box, account, { type: 'password', master }, minimumVersion))
  }

  unlockWithPasskey({ account, box, credential, output, minimumVersion }: Args<'unlockWithPasskey'>): Unlocked {
    return this.#unlock(openBox(box, account, { type: 'passkey', credential, output }, minimumVersion))
  }

  tryCode({ account, box, minimumVersion, ...given }: Args<'tryCode'>): null {
    wipeBox(openBox(box, account, codeKey(given), minimumVersion))
    return null
  }

  newRecoveryCode(): string {
    this.#recovery = newCode()
    return formatCode(this.#recovery)
  }

  forgetRecoveryCode(): null {
    this.#recovery?.raw.fill(0)
    this.#recovery = undefined
    return null
  }

  activate({ account, box, password, first, log, ...given }: Args<'activate'>): Changed {
    const letter = openBox(box, account, codeKey({ ...given, type: 'letter' }))
    const code = this.#preparedCode()
    const master = stretch(password, freshKdf())
    const slots = [{ type: 'password', master } as const, { type: 'recovery', code } as const]
    const changed = activatedBox(letter, verifyStatement(first, null, { account }), slots, checkpointOf(log), this.#now())
    this.#boxes.propose(account, changed.made)
    return changedOf(letter, changed, { master, recovery: code, passkey: null })
  }

  adopt({ account, box, first, log, ...given }: Args<'adopt'>): Changed {
    const letter = openBox(box, account, codeKey({ ...given, type: 'letter' }))
    const code = this.#preparedCode()
    const { account: carer, content } = this.#boxes.own
    const slots = [
      { type: 'delegate', account: carer, keys: publicKeys(content.keys) } as const,
      { type: 'recovery', code } as const,
    ]
    const changed = activatedBox(letter, verifyStatement(first, null, { account }), slots, checkpointOf(log), this.#now())
    changed.made.boxKey.wipe()
    return changedOf(letter, changed, { master: null, recovery: code, passkey: null })
  }

  recover({ account, box, code, password, minimumVersion }: Args<'recover'>): Changed {
    const opened = openBox(box, account, { type: 'recovery', code: parseCode(code) }, minimumVersion)
    const given: Given = { master: stretch(password, freshKdf()), recovery: this.#preparedCode(), passkey: null }
    // A thief may have made a passkey: the relay drops their log-in keys as well.
    const asked = { ...NOTHING_NEW, password: given.master, recovery: given.recovery, drop: slotIds(opened, 'passkey') }
    const changed = changedBox(opened, asked, this.#now())
    this.#boxes.propose(account, changed.made)
    return changedOf(opened, changed, given)
  }

  change({ keys, password, recovery, passkey, drop, delegates, statement }: Args<'change'>): Changed {
    const opened = this.#boxes.current
    const given: Given = {
      master: password === null ? null : stretch(password, freshKdf()),
      recovery: recovery ? this.#preparedCode() : null,
      passkey: passkey === null ? null : { type: 'passkey', ...passkey },
    }
    const asked: BoxChange = {
      keys,
      password: given.master,
      recovery: given.recovery,
      passkey: given.passkey,
      drop,
      delegates: delegates.map(delegateFor),
      statement: statement === null ? null : readStatement(statement),
    }
    const changed = changedBox(opened, asked, this.#now())
    this.#boxes.propose(opened.account, changed.made)
    return changedOf(opened, changed, given)
  }

  takeChange(): Unlocked {
    const opened = this.#boxes.take()
    this.#forget()
    this.forgetRecoveryCode()
    return this.#unlocked(opened)
  }

  openHeld({ account, box, signers, minimumVersion }: Args<'openHeld'>): Unlocked {
    return this.#unlocked(this.#boxes.hold(box, account, signers.map(loadSigning), minimumVersion))
  }

  leaveHeld(): Unlocked {
    this.#boxes.release()
    return this.#unlocked(this.#boxes.own)
  }

  beginPairing(): PairingShown {
    return this.#pairings.begin()
  }

  hearHello(sealed: Args<'hearHello'>): Operations['hearHello'][1] {
    return this.#pairings.hear(sealed)
  }

  acceptGrant(sealed: Args<'acceptGrant'>): Operations['acceptGrant'][1] {
    return this.#pairings.accept(sealed)
  }

  unlockGranted({ box, minimumVersion }: Args<'unlockGranted'>): Unlocked {
    return this.#unlock(this.#pairings.open(box, minimumVersion))
  }

  makeHello({ code, key }: Args<'makeHello'>): Operations['makeHello'][1] {
    return this.#pairings.help(this.#boxes.own, code, key)
  }

  makeGrant({ login }: Args<'makeGrant'>): Uint8Array {
    return this.#pairings.grant(this.#boxes.own, login)
  }

  endPairing(): null {
    this.#pairings.wipe()
    return null
  }

  keep({ wrappingKey }: Args<'keep'>): Promise<Uint8Array> {
    const { own } = this.#boxes
    return wrapKept(own, own.account, wrappingKey)
  }

  async restore({ account, box, wrapped, wrappingKey, minimumVersion }: Args<'restore'>): Promise<Unlocked> {
    const { boxKey, version } = await unwrapKept(wrapped, account, wrappingKey)
    return this.#unlock(openBox(box, account, boxKey, Math.max(version, minimumVersion)))
  }

  pinInBox({ pins, lastCheckpoint: seen }: Args<'pinInBox'>): Operations['pinInBox'][1] {
    const opened = this.#boxes.current
    const { box } = replace(opened, { ...opened.content, pins, lastCheckpoint: checkpointOf(seen) }, {})
    return { box, version: opened.version + 1 }
  }

  adoptBox(box: Args<'adoptBox'>): Unlocked {
    return this.#unlocked(this.#boxes.follow(box))
  }

  sealLetter({ plaintext, recipients }: Args<'sealLetter'>): Uint8Array {
    return seal(plaintext, this.#boxes.current.content.keys.signing, recipients.map(loadSealing))
  }

  openLetter(sealed: Args<'openLetter'>): Operations['openLetter'][1] {
    const { plaintext, sender, recipients } = openSealed(sealed, sealingSeeds(this.#boxes.current.content))
    return { plaintext: plaintext.slice(), senderSigningKey: sender.raw, recipients }
  }

  stateName(label: string): string {
    return stateName(this.#boxes.current.boxKey, label)
  }

  sealState({ bytes, ...place }: Args<'sealState'>): Uint8Array {
    return sealState(this.#boxes.current.boxKey, place, bytes)
  }

  openState({ sealed, ...place }: Args<'openState'>): Uint8Array {
    return openState(this.#boxes.current.boxKey, place, sealed)
  }

  verifyStatements({ account, chain }: Args<'verifyStatements'>): readonly VerifiedStatement[] {
    const verified: Statement[] = []
    const ids = chain.map(link => {
      const keys = loadPublicKeys(link.signingKey, link.sealingKey)
      verified.push(verifyStatement(link, verified.at(-1) ?? null, { account, keys }))
      return keyId(keys)
    })
    return verified.map((one, at) => {
      const { raw, seq, time, box } = one
      return { keyId: ids[at] ?? '', hash: statementHash(raw), seq, time, box, suspected: isSuspected(one) }
    })
  }

  readPolicy(text: Uint8Array): Operations['readPolicy'][1] {
    return readPolicy(text)
  }

  verifyLog(news: Args<'verifyLog'>): Operations['verifyLog'][1] {
    return verifyLog(news, this.#now())
  }

  verifyGrown({ old, head, consistency }: Args<'verifyGrown'>): null {
    verifyGrown(old, head, consistency)
    return null
  }

  verifyClaim({ policy, claim }: Args<'verifyClaim'>): null {
    verifyClaim(policy, claim)
    return null
  }

  verifyEntry(entry: Args<'verifyEntry'>): null {
    verifyEntry(entry)
    return null
  }

  verifyCatalogue(signed: Args<'verifyCatalogue'>): null {
    verifyCatalogue(signed)
    return null
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
    this.#boxes.wipe()
    this.#pairings.wipe()
    this.#forget()
    return this.forgetRecoveryCode()
  }

  #unlock(opened: OpenedBox): Unlocked {
    this.lock()
    return this.#unlocked(this.#boxes.open(opened))
  }

  #unlocked(opened: OpenedBox): Unlocked {
    return unlockedOf(opened, this.#now())
  }

  /** What was shown to the person: it is put into a box only once they have it. */
  #preparedCode(): Code {
    if (this.#recovery === undefined) throw cannotOpen('no recovery code')
    return this.#recovery
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

const NOTHING_NEW: BoxChange = {
  keys: 'stay',
  password: null,
  recovery: null,
  passkey: null,
  drop: [],
  delegates: [],
  statement: null,
}

type GivenCode = { readonly code: string; readonly second?: string | undefined; readonly type: 'letter' | 'recovery' }

const secondOf = (second: string | undefined): Code | undefined => (second === undefined ? undefined : parseCode(second))

const codeKey = ({ code, second, type }: GivenCode): SlotKey =>
  type === 'letter' ? { type, code: parseCode(code), second: secondOf(second) } : { type, code: parseCode(code) }

const delegateFor = ({ account, signingKey, sealingKey }: Carer): DelegateFor => ({
  type: 'delegate',
  account,
  keys: loadPublicKeys(signingKey, sealingKey),
})
