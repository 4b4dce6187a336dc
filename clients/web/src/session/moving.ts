/**
 * Sealed states and device labels over a change of the box key: read under the old one, written anew under the new one.
 *
 * Nothing here keeps a change of keys from being done: what is lost on the way is convenience (docs/spec/keybox.md, Sealed state).
 */
import { b64u, type Json, unb64u } from '../crypto/encoding.ts'
import { CryptoError } from '../crypto/errors.ts'
import { isRefusal } from '../wire/errors.ts'
import type { Desk } from './desk.ts'
import type { Memory } from './ports.ts'
import { type Label, LABELS, States } from './states.ts'
import type { Transport } from './transport.ts'

export type Place = { readonly desk: Desk; readonly transport: Transport; readonly lasting: Memory; readonly account: string }
export type Lifted = {
  readonly states: readonly (readonly [Label, Json])[]
  /** Whatever the relay holds under the old box key: it is destroyed. */
  readonly names: readonly string[]
  /** Device id -> its label as bytes. */
  readonly devices: readonly (readonly [string, Uint8Array])[]
}

/** A device's label is sealed under this label, version 1. */
export const deviceLabel = (id: string): string => `device ${id}`

/** Raises Refusal: nothing was changed yet, so nothing is lost by trying again. */
export async function lift({ desk, transport, account }: Place, states: States, isOwn: boolean): Promise<Lifted> {
  const found = await Promise.all(LABELS.map(async label => [label, await states.load(label)] as const))
  const kept = found.flatMap(([label, value]) => (value === undefined ? [] : [[label, value] as const]))
  const { list } = await transport.call('SealedState/get', { accountId: account })
  return { states: kept, names: list.map(({ id }) => id), devices: isOwn ? await labels(desk, transport, account) : [] }
}

async function labels(desk: Desk, transport: Transport, account: string): Promise<Lifted['devices']> {
  const { list } = await transport.call('Device/get', { accountId: account })
  const opened = await Promise.all(list.map(async ({ id, label }) => [id, await openLabel(desk, id, label)] as const))
  return opened.flatMap(([id, bytes]) => (bytes === undefined ? [] : [[id, bytes] as const]))
}

/** Undefined where there is none, or one that the keys of this account did not make. */
export async function openLabel(desk: Desk, id: string, label: string | null): Promise<Uint8Array | undefined> {
  if (label === null) return undefined
  try {
    return await desk.call('openState', { label: deviceLabel(id), version: 1, sealed: unb64u(label) })
  } catch (error) {
    if (error instanceof CryptoError) return undefined
    throw error
  }
}

/** As a Device's label. */
export const sealLabel = async (desk: Desk, id: string, bytes: Uint8Array): Promise<string> =>
  b64u(await desk.call('sealState', { label: deviceLabel(id), version: 1, bytes }))

/** Never rejects for what the relay refuses: the keys have changed by now. */
export async function settle({ desk, transport, lasting, account }: Place, { states, names, devices }: Lifted): Promise<void> {
  const anew = new States(desk, transport, account, lasting)
  for (const [label, value] of states) await unlessRefused(anew.save(label, () => value))
  if (names.length > 0) await unlessRefused(transport.call('SealedState/set', { accountId: account, destroy: names }))
  for (const [id, bytes] of devices) {
    const update = { [id]: { label: await sealLabel(desk, id, bytes) } }
    await unlessRefused(transport.call('Device/set', { accountId: account, update }))
  }
}

async function unlessRefused(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!isRefusal(error)) throw error
  }
}
