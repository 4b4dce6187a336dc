/** Anne with her key box, her clinician, and a page of hers that is opened as often as the test wants. */
import { firstContent, type LastCheckpoint, rotated } from '../../src/crypto/content.ts'
import { b64u, unb64u } from '../../src/crypto/encoding.ts'
import { seal } from '../../src/crypto/envelope.ts'
import { newBox, openBox, replace } from '../../src/crypto/keybox.ts'
import { type KeyPairs, newKeyPairs, publicKeys } from '../../src/crypto/keys.ts'
import { KDF_MEMORY_FLOOR, KDF_PASSES_FLOOR } from '../../src/crypto/labels.ts'
import { freshKdf, type Master, stretch } from '../../src/crypto/password.ts'
import { statementHash } from '../../src/crypto/transparency/statement.ts'
import { toBytes, type Letter } from '../../src/content/letter.ts'
import { Session } from '../../src/session/session.ts'
import { Transport } from '../../src/session/transport.ts'
import type { PublicKey, SealedMessage } from '../../src/wire/types.ts'
import { FakeAuthenticator } from './authenticator.ts'
import { FakeClock } from './clock.ts'
import { newDesk } from './desk.ts'
import { FakeDevice } from './device.ts'
import { ANNE, letter, MARTIN } from './letters.ts'
import { FakePresence } from './presence.ts'
import { FakeSearcher } from './searcher.ts'
import type { FakeRelay } from './relay.ts';
import { firstKey } from './relay.ts'

export const NOW = new Date('2024-03-01T09:00:00Z')
const STEP = 10 * 60_000
const PASSWORD = 'tilleul parfum juin'
let master: Master | undefined

/** The hash of its statement, as pins and letters name it. */
export const statementOf = (key: PublicKey): string => b64u(statementHash(unb64u(key.statement)))

export type People = {
  readonly own: KeyPairs
  readonly ownKey: PublicKey
  readonly doctor: KeyPairs
  readonly doctorsKey: PublicKey
}

/** Call after the worker's library is ready. */
export function newPeople(): People {
  const [own, doctor] = [newKeyPairs(), newKeyPairs()]
  return { own, doctor, ownKey: firstKey(ANNE, own, NOW), doctorsKey: firstKey(MARTIN, doctor, NOW) }
}

/** The least that a client takes: there are many pages in these tests. */
const masterOf = (): Master =>
  (master ??= stretch(PASSWORD, { ...freshKdf(), memory: KDF_MEMORY_FLOOR, passes: KDF_PASSES_FLOOR }))

type Kept = { readonly pins?: Readonly<Record<string, string>>; readonly lastCheckpoint?: LastCheckpoint | null }

/** Anne's key box, with what her clients saw before. */
export function boxOf({ own }: People, { pins = {}, lastCheckpoint = null }: Kept = {}): Uint8Array {
  const content = { ...firstContent(own, NOW), pins, lastCheckpoint }
  return newBox(ANNE, content, [{ type: 'password', master: masterOf() }]).box
}

/** The next version of her box, with these keys in place of those that she had. */
export function renewedBox({ own }: People, keys: KeyPairs): Uint8Array {
  return newBox(ANNE, rotated(firstContent(own, NOW), keys, NOW), [{ type: 'password', master: masterOf() }], 2).box
}

/** The next version of her box, as another device of hers writes it: the checkpoint that it saw is in it. */
export function repinned(box: Uint8Array, lastCheckpoint: LastCheckpoint): Uint8Array {
  const opened = openBox(box, ANNE, { type: 'password', master: masterOf() })
  return replace(opened, { ...opened.content, lastCheckpoint }, {}).box
}

/** A page of Anne's, on a device that may have been used before. */
export class Page {
  readonly clock = new FakeClock()
  readonly #presence = new FakePresence()
  readonly session: Session

  constructor(relay: FakeRelay, device = new FakeDevice()) {
    const transport = new Transport(relay)
    transport.adopt({ accessToken: 'token', account: ANNE, expiresIn: 900 })
    const { lasting, keeping, store } = device
    const ports = { network: relay, clock: this.clock, lasting, keeping, store, presence: this.#presence, authenticator: new FakeAuthenticator(), searcher: () => new FakeSearcher() }
    this.session = new Session(newDesk(this.clock.now), transport, ports)
  }

  async open(): Promise<void> {
    await this.session.start(await this.session.box.openWithPassword(ANNE, PASSWORD))
    await this.look()
  }

  /** Whatever is under way is over, and a whole look came after it. */
  async look(): Promise<void> {
    await this.session.look()
    await this.session.look()
  }

  /** Let time pass with the person at the page, who would be logged out otherwise. */
  stay(milliseconds: number): void {
    for (let left = milliseconds; left > 0; left -= STEP) {
      this.#presence.touch()
      this.clock.pass(Math.min(left, STEP))
    }
  }

  close(): Promise<void> {
    return this.session.stop(false)
  }
}

/** A letter of the doctor's to Anne (or of Anne's, from another device), sealed and as the relay holds it. */
export function sealedLetter(people: People, changes: Partial<Letter> = {}, message: Partial<SealedMessage> = {}): SealedMessage {
  const { ownKey, doctorsKey, own, doctor } = people
  const whole = letter({
    recipients: [
      { account: ANNE, statement: statementOf(ownKey) },
      { account: MARTIN, statement: statementOf(doctorsKey) },
    ],
    sender: { ...letter().sender, key: doctorsKey.id },
    ...changes,
  })
  const signer = whole.sender.account === ANNE ? own : doctor
  const sealed = seal(toBytes(whole), signer.signing, [publicKeys(own).sealing, publicKeys(doctor).sealing])
  return {
    id: `m${'b'.repeat(26)}`,
    clientId: whole.message,
    box: 'in',
    receivedAt: '2024-03-12T09:00:05Z',
    size: sealed.length,
    sealed: b64u(sealed),
    sealedBlobId: null,
    blobIds: [],
    from: MARTIN,
    deliveries: [],
    ...message,
  }
}
