/** What lives as long as one mailbox is open: made with its box, ended with it. Fetched only by those who open one. */
import type { Unlocked } from '../crypto/operations.ts'
import type { Box } from './box.ts'
import type { Desk } from './desk.ts'
import { Files } from './files.ts'
import { KeyLog } from './keylog.ts'
import { Keyring } from './keyring.ts'
import { Outgoing } from './outgoing.ts'
import { Personal } from './personal.ts'
import { PinSaver } from './pinning.ts'
import type { Ports } from './ports.ts'
import { Reader } from './reader.ts'
import { States } from './states.ts'
import { Sync, type Listener } from './sync.ts'
import type { Transport } from './transport.ts'

export type Opened = {
  readonly account: string
  readonly keyId: string
  readonly states: States
  readonly log: KeyLog
  readonly keyring: Keyring
  readonly personal: Personal
  readonly files: Files
  readonly outgoing: Outgoing
  readonly pinning: PinSaver
  readonly sync: Sync
}

type Parts = {
  readonly desk: Desk
  readonly transport: Transport
  readonly ports: Ports
  readonly box: Box
  /** The person, whosever mailbox is open. */
  readonly ownAccount: string
  readonly listener: Listener
}

/** Raises Refusal; KeysNotProved: whoever is shown other keys than their own gets no further. */
export async function openMailbox(unlocked: Unlocked, parts: Parts): Promise<Opened> {
  const { account, keyId } = unlocked
  const { desk, transport, box, listener } = parts
  const { clock, presence, lasting } = parts.ports
  const log = new KeyLog(desk, transport, account, unlocked.lastCheckpoint, lasting, parts.ownAccount)
  const keyring = new Keyring(desk, log, clock, unlocked)
  await keyring.keysOf(account)
  const states = new States(desk, transport, account, lasting)
  const personal = new Personal(states, clock)
  await personal.load()
  const reader = new Reader(desk, transport, keyring, log, account)
  const sync = new Sync({ transport, reader, account, clock, presence, listener })
  const files = new Files(desk, transport, account)
  const outgoing = new Outgoing(desk, transport, keyring, log)
  const pinning = new PinSaver(box, keyring, log, clock, unlocked)
  return { account, keyId, states, log, keyring, personal, files, outgoing, pinning, sync }
}

export function closeMailbox({ sync, personal, pinning }: Opened): void {
  sync.stop()
  personal.close()
  pinning.close()
}
