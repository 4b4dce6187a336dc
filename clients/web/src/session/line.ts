/** One account's keys as a line: each announced by the one before, and the newest an entry of the key log. */
import { b64u, unb64u } from '../crypto/encoding.ts'
import { CryptoError } from '../crypto/errors.ts'
import type { LogHead } from '../crypto/operations.ts'
import type { PublicKey } from '../wire/types.ts'
import type { Desk } from './desk.ts'
import { KeysNotProved } from './distrust.ts'

/** `statement` is the hash, b64u; `signingKey` is b64u as well, to compare and to print. */
export type KnownKey = {
  readonly id: string
  readonly signingKey: string
  readonly sealingKey: Uint8Array
  readonly statement: string
  /** When the relay took it. */
  readonly createdAt: string
  /** When its statement says that it was made. */
  readonly announced: string
  /** The version of the key box that first held it. */
  readonly box: number
  /** The keys before it may be in other hands. */
  readonly suspected: boolean
}
/** All keys of one account, the oldest first. */
export type Chain = readonly KnownKey[]

/** The keys of one account as a proved chain, the oldest first as the relay gives them. Raises KeysNotProved. */
export async function prove(desk: Desk, account: string, list: readonly PublicKey[]): Promise<Chain> {
  try {
    return await proveChain(desk, account, list)
  } catch (error) {
    if (error instanceof CryptoError) throw new KeysNotProved('brokenChain')
    throw error
  }
}

async function proveChain(desk: Desk, account: string, list: readonly PublicKey[]): Promise<Chain> {
  const chain = list.map(key => ({
    signingKey: unb64u(key.signingKey, 32),
    sealingKey: unb64u(key.sealingKey, 1216),
    ...announcementOf(key),
  }))
  const verified = await desk.call('verifyStatements', { account, chain })
  return list.map((key, at) => {
    const [link, proof] = [chain[at], verified[at]]
    if (link === undefined || proof?.keyId !== key.id || key.account !== account) throw new KeysNotProved('brokenChain')
    const { signingKey, createdAt, id } = key
    const { time, box, suspected, hash } = proof
    return { id, signingKey, createdAt, announced: time, box, suspected, sealingKey: link.sealingKey, statement: b64u(hash) }
  })
}

/** `notInLog` unless the newest key's entry stands at its place; an account without keys has none. */
export async function proveEntry(desk: Desk, newest: PublicKey | undefined, head: LogHead): Promise<'notInLog' | undefined> {
  if (newest === undefined) return undefined
  try {
    const inclusion = newest.inclusion === null ? null : newest.inclusion.map(one => unb64u(one, 32))
    await desk.call('verifyEntry', { ...announcementOf(newest), head, index: newest.index, inclusion })
    return undefined
  } catch (error) {
    if (error instanceof CryptoError) return 'notInLog'
    throw error
  }
}

const announcementOf = ({ statement, signature, voucher }: PublicKey): Announced => ({
  statement: unb64u(statement),
  signature: unb64u(signature, 64),
  voucher: voucher === null ? null : unb64u(voucher, 64),
})
type Announced = { readonly statement: Uint8Array; readonly signature: Uint8Array; readonly voucher: Uint8Array | null }
