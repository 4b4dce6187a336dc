/** A fresh challenge of the relay, and what the worker signs of it (docs/spec/login.md). */
import type { Challenge as SignedChallenge } from '../crypto/operations.ts'
import { isRefusal, Refusal } from '../wire/errors.ts'
import { CHALLENGE, LOGIN } from '../wire/names.ts'
import type { Challenge, LoginMethod } from '../wire/types.ts'
import type { Clock } from './ports.ts'
import type { Transport } from './transport.ts'

export type Challenged = { readonly challenge: Challenge; readonly given: SignedChallenge }

/** RFC 3339 in UTC, to the second. */
export const utc = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`

/** `login`: the person's log-in name; with a passkey the account. Raises Refusal. */
export async function askChallenge(transport: Transport, clock: Clock, login: string, method: LoginMethod): Promise<Challenged> {
  const challenge = await transport.door<Challenge>(CHALLENGE, { login, method })
  const given = { challenge: challenge.challenge, origin: transport.origin, time: utc(clock.now()) }
  return { challenge, given }
}

/** What the relay gives for a code: a ticket, never tokens. Raises Refusal. */
export async function ticketFor(
  transport: Transport,
  login: string,
  method: 'letter' | 'recovery',
  { challenge, given }: Challenged,
  signature: string,
): Promise<string> {
  const { time } = given
  try {
    await transport.door(LOGIN, { challenge: challenge.challenge, device: null, login, method, signature, time })
  } catch (error) {
    if (isRefusal(error, 'mfaRequired')) return ticketOf(error)
    throw error
  }
  throw new Refusal('serverFail')
}

/** The ticket that a refusal carries. Raises Refusal when it carries none. */
export function ticketOf({ members }: Refusal): string {
  const { ticket } = members
  if (typeof ticket !== 'string') throw new Refusal('serverFail')
  return ticket
}
