/** What lives as long as one mailbox is open: made with its box, ended with it. Fetched only by those who open one. */
import type { Unlocked } from '../crypto/operations.ts'
import { isRefusal } from '../wire/errors.ts'
import { AccessLog } from './accesslog.ts'
import { Apps } from './apps.ts'
import type { Box } from './box.ts'
import { Cache, type Restored } from './cache.ts'
import type { Desk } from './desk.ts'
import { Diary } from './diary.ts'
import { Drafts } from './drafts.ts'
import { Emergencies, type Depositor } from './emergencies.ts'
import { Files } from './files.ts'
import { Filing } from './filing.ts'
import { Here } from './here.ts'
import { KeyLog } from './keylog.ts'
import { Keyring } from './keyring.ts'
import { Notices } from './notices.ts'
import { Outgoing } from './outgoing.ts'
import { Personal } from './personal.ts'
import { PinSaver } from './pinning.ts'
import type { Ports } from './ports.ts'
import { Reader } from './reader.ts'
import { Register } from './register.ts'
import { Saving } from './saving.ts'
import { Shelf, type Owner } from './shelf.ts'
import { States } from './states.ts'
import { Sync, type Listener } from './sync.ts'
import type { Transport } from './transport.ts'
import { Writing, type Sender } from './writing.ts'

export type Opened = {
  readonly account: string
  readonly keyId: string
  readonly states: States
  readonly log: KeyLog
  readonly keyring: Keyring
  readonly personal: Personal
  readonly filing: Filing
  readonly drafts: Drafts
  readonly saving: Saving
  readonly cache: Cache
  /** What this browser had kept. */
  readonly restored: Restored | undefined
  /** Raises Refusal; KeysNotProved, where the mailbox was opened while the relay was away and shows other keys now. */
  readonly prove: () => Promise<void>
  readonly files: Files
  readonly outgoing: Outgoing
  readonly writing: Writing
  readonly pinning: PinSaver
  readonly sync: Sync
  readonly accessLog: AccessLog
  readonly shelf: Shelf
  readonly diary: Diary
  readonly apps: Apps
  readonly register: Register
  readonly emergencies: Emergencies
  readonly notices: Notices
}

type Parts = {
  readonly desk: Desk
  readonly transport: Transport
  readonly ports: Ports
  readonly box: Box
  readonly mailbox: Depositor & Owner
  readonly author: Pick<Sender, 'ownName' | 'send'>
  readonly listener: Listener
}

/**
 * Raises Refusal; KeysNotProved: whoever is shown other keys than their own gets no further. While the relay is away, what
 * this browser kept is opened to be read; whether the keys are the person's own is looked at when it is back.
 */
export async function openMailbox(unlocked: Unlocked, parts: Parts): Promise<Opened> {
  const { account, keyId } = unlocked
  const { desk, transport, box, listener } = parts
  const { clock, presence, lasting, store } = parts.ports
  const log = new KeyLog(desk, transport, account, unlocked.lastCheckpoint, lasting, parts.mailbox.ownAccount)
  const keyring = new Keyring(desk, log, clock, unlocked)
  const here = new Here(desk, store, account)
  const cache = new Cache(here, clock)
  const restored = await cache.restore()
  let proved = await isProved(keyring, account, restored)
  const prove = async (): Promise<void> => {
    if (!proved) await keyring.keysOf(account)
    proved = true
  }
  const states = new States(desk, transport, account, lasting, here)
  const saving = new Saving(states, clock, () => listener.onEnded())
  const personal = new Personal(states, saving)
  const filing = new Filing(states, saving)
  const drafts = new Drafts({ states, saving, here, clock })
  await Promise.all([personal.load(), filing.load(), drafts.load()])
  const reader = new Reader(desk, transport, keyring, log, account)
  reader.recall(restored?.letters ?? [])
  const resumed = restored && { state: restored.state, again: restored.again, ids: restored.letters.map(({ id }) => id) }
  const sync = new Sync({ transport, reader, account, clock, presence, listener, resumed })
  const files = new Files(desk, transport, account, here, clock, presence)
  const outgoing = new Outgoing(desk, transport, keyring, log)
  const { author } = parts
  const writing = new Writing(clock, { drafts, files, ownName: () => author.ownName(), send: draft => author.send(draft) })
  const pinning = new PinSaver(box, keyring, log, clock, unlocked)
  const kept = { cache, restored, drafts, saving, personal, filing }
  const accessLog = new AccessLog(desk, transport, parts.mailbox)
  const shelf = new Shelf(transport, parts.mailbox)
  const diary = new Diary(transport, clock, parts.mailbox)
  const apps = new Apps(desk, transport, clock, parts.mailbox)
  const register = new Register(transport, parts.mailbox)
  const emergencies = new Emergencies(desk, transport, clock, parts.mailbox)
  const notices = new Notices(transport, parts.mailbox, (milliseconds, work) => clock.later(milliseconds, work))
  const arranged = { accessLog, shelf, diary, apps, register, emergencies, notices }
  return { account, keyId, states, log, keyring, files, outgoing, writing, pinning, sync, prove, ...arranged, ...kept }
}

async function isProved(keyring: Keyring, account: string, restored: Restored | undefined): Promise<boolean> {
  try {
    await keyring.keysOf(account)
    return true
  } catch (error) {
    if (restored === undefined || !isRefusal(error, 'unreachable')) throw error
    return false
  }
}

export function closeMailbox({ sync, writing, drafts, cache, saving, files, pinning }: Opened): void {
  sync.stop()
  files.close()
  drafts.close() // with what is being sent
  writing.close()
  cache.close()
  saving.close()
  pinning.close()
}
