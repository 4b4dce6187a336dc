/** What the vault tells the page of boxes and changes: public halves, versions and ids. No secret passes here. */
import type { Announced, ChangedBox } from './change.ts'
import type { Code } from './code.ts'
import { isDue } from './content.ts'
import { keyId } from './hashing.ts'
import type { OpenedBox } from './keybox.ts'
import { type PublicKeys, publicKeys, signingPublic, type SigningSeed } from './keys.ts'
import { passkeyLoginSeed, passwordLoginSeed, recoveryLoginSeed } from './login.ts'
import type { Changed, NewKeys, RawPublicKeys, SlotInfo, Unlocked } from './operations.ts'
import type { Master } from './password.ts'
import { credentialOf, delegateOf, type Slot } from './slot.ts'
import type { PasskeyKey } from './slotkey.ts'
import { seenOf } from './transparency/log.ts'

/** The secrets that a change put into a box. */
export type Given = { readonly master: Master | null; readonly recovery: Code | null; readonly passkey: PasskeyKey | null }

/** What the relay is told of a change. The master key is wiped: the log-in key is the last use of it. */
export function changedOf({ version }: OpenedBox, { made, announced }: ChangedBox, given: Given): Changed {
  const { master, recovery, passkey } = given
  const changed = {
    box: made.box,
    version: version + 1,
    password: master === null ? null : { kdf: master.kdf, loginKey: publicRaw(passwordLoginSeed(master)) },
    recoveryKey: recovery === null ? null : publicRaw(recoveryLoginSeed(recovery)),
    passkeyKey: passkey === null ? null : publicRaw(passkeyLoginSeed(passkey.output)),
    newKeys: announced === null ? null : newKeysOf(announced),
  }
  master?.raw.fill(0)
  return changed
}

export function unlockedOf({ account, content, slots, version }: OpenedBox, now: Date): Unlocked {
  const present = publicKeys(content.keys)
  return {
    account,
    keyId: keyId(present),
    earlier: content.previous.map(({ keys }) => keyId(publicKeys(keys))),
    publicKeys: rawKeys(present),
    version,
    pins: content.pins,
    lastCheckpoint: seenOf(content.lastCheckpoint),
    created: content.created,
    due: isDue(content, now),
    slots: slots.map(slotInfo),
  }
}

export const rawKeys = ({ signing, sealing }: PublicKeys): RawPublicKeys => ({
  signingKey: signing.raw,
  sealingKey: sealing.raw,
})

/** What a slot says of itself: nothing of what it wraps. */
const slotInfo = (slot: Slot): SlotInfo => ({
  id: slot.id,
  since: slot.since,
  type: slot.type,
  credential: credentialOf(slot),
  account: delegateOf(slot),
})

const publicRaw = (seed: SigningSeed): Uint8Array => signingPublic(seed).raw

const newKeysOf = ({ keys, announcement: { statement, signature } }: Announced): NewKeys => ({
  ...rawKeys(keys),
  statement,
  signature,
})
