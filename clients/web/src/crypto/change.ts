/** What becomes of a key box when its factors or keys change (docs/spec/keybox.md, Changes of a box). Pure but for fresh keys. */
import type { Code } from './code.ts'
import { type BoxContent, type LastCheckpoint, rotated } from './content.ts'
import type { DelegateFor } from './delegate.ts'
import { CryptoError } from './errors.ts'
import { type MadeBox, type NewSlot, type OpenedBox, renew, replace, slotIds } from './keybox.ts'
import { type KeyPairs, newKeyPairs, type PublicKeys, publicKeys } from './keys.ts'
import type { Master } from './password.ts'
import { delegateOf } from './slot.ts'
import type { PasskeyKey } from './slotkey.ts'
import { type Announcement, announces, makeStatement, type Statement } from './transparency/statement.ts'

/** `stay`: same keys, same box key. `rotated`: new keys. `renewed`, `suspected`: new keys under a new box key. */
export type KeysAsked = 'stay' | 'rotated' | 'renewed' | 'suspected'

/**
 * What is new. `delegates`: with `stay` those to add, else all that there shall be. `drop`: slots of passkeys.
 * `statement`: the newest of the account's line, for new keys.
 */
export type BoxChange = {
  readonly keys: KeysAsked
  readonly password: Master | null
  readonly recovery: Code | null
  readonly passkey: PasskeyKey | null
  readonly drop: readonly string[]
  readonly delegates: readonly DelegateFor[]
  readonly statement: Statement | null
}
export type ChangedBox = { readonly made: MadeBox; readonly announced: Announced | null }
export type Announced = { readonly keys: PublicKeys; readonly announcement: Announcement }

/** The next version. Raises RangeError when nothing but passkeys would open it; BadStatement: not that of these keys. */
export function changedBox(opened: OpenedBox, change: BoxChange, now: Date): ChangedBox {
  const add = newSlots(change)
  if (change.keys === 'stay') {
    return { made: replace(opened, opened.content, { add, drop: dropped(opened, change) }), announced: null }
  }
  const fresh = newKeys(opened, change.statement, now, change.keys === 'suspected')
  return { made: made(opened, fresh.content, add, change), announced: fresh.announced }
}

/**
 * A letter's box becomes a person's own: new keys, a new box key, and no slot of before. `first` is verified, its voucher
 * too: whoever enrols people says so. `lastCheckpoint`: what was verified of the key log. Raises BadStatement.
 */
export function activatedBox(
  letter: OpenedBox,
  first: Statement,
  slots: readonly NewSlot[],
  lastCheckpoint: LastCheckpoint | null,
  now: Date,
): ChangedBox {
  if (first.by === null) throw new CryptoError('BadStatement', 'transparency/3')
  const { content, announced } = newKeys(letter, first, now, false)
  return { made: renew(letter, { ...content, lastCheckpoint }, slots), announced }
}

function made(opened: OpenedBox, content: BoxContent, add: readonly NewSlot[], change: BoxChange): MadeBox {
  if (change.keys !== 'rotated') return renew(opened, content, add)
  return replace(opened, content, { add, drop: [...dropped(opened, change), ...slotIds(opened, 'delegate')] })
}

type Fresh = { readonly content: BoxContent; readonly announced: Announced }

function newKeys(opened: OpenedBox, statement: Statement | null, now: Date, suspected: boolean): Fresh {
  const { account, content, version } = opened
  const isOurs = statement?.account === account && announces(statement, publicKeys(content.keys))
  if (!isOurs) throw new CryptoError('BadStatement', 'transparency/2')
  const pairs: KeyPairs = newKeyPairs()
  const keys = publicKeys(pairs)
  const told = { box: version + 1, previous: statement, suspected }
  const announcement = makeStatement(account, keys, content.keys.signing, now, told)
  return { content: rotated(content, pairs, now), announced: { keys, announcement } }
}

const newSlots = ({ password, recovery, passkey, delegates }: BoxChange): readonly NewSlot[] => [
  ...(password === null ? [] : [{ type: 'password', master: password } as const]),
  ...(recovery === null ? [] : [{ type: 'recovery', code: recovery } as const]),
  ...(passkey === null ? [] : [passkey]),
  ...delegates,
]

/** What new slots take the place of, and passkeys that go. With `rotated` keys the delegates' go besides. */
function dropped(opened: OpenedBox, { keys, password, recovery, drop, delegates }: BoxChange): readonly string[] {
  const again = new Set(delegates.map(({ account }) => account))
  const delegated = opened.slots.filter(slot => again.has(delegateOf(slot) ?? ''))
  return [
    ...(password === null ? [] : slotIds(opened, 'password')),
    ...(recovery === null ? [] : slotIds(opened, 'recovery')),
    ...(keys === 'stay' ? delegated.map(({ id }) => id) : []),
    ...drop,
  ]
}
