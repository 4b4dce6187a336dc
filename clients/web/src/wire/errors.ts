/**
 * Refusals as values: the one error of the network (RFC 8620, 3.6; RFC 9457).
 *
 * It never holds content, an address or a secret. `unreachable` is the client's own: no answer came at all.
 */
import type { SetError } from './methods.ts'
import { JMAP_ERRORS, PROBLEMS } from './names.ts'

const NAMES = [
  'unknownCapability',
  'notJSON',
  'notRequest',
  'limit',
  'serverUnavailable',
  'serverFail',
  'unknownMethod',
  'invalidArguments',
  'invalidResultReference',
  'forbidden',
  'accountNotFound',
  'accountNotSupportedByMethod',
  'cannotCalculateChanges',
  'requestTooLarge',
  'unsupportedFilter',
  'anchorNotFound',
  'stateMismatch',
  'notFound',
  'invalidProperties',
  'tooLarge',
  'overQuota',
  'rateLimit',
  'singleton',
  'blobNotFound',
  'alreadyExists',
  'recipientKeyStale',
  'recipientNotFound',
  'recipientRefuses',
  'tooManyRecipients',
  'wrongCredentials',
  'mfaRequired',
  'wrongCode',
  'codeExpired',
  'ticketExpired',
  'confirmFirst',
  'unauthorized',
  'tooManyAttempts',
  'invalidKeys',
  'tooLate',
  'notAllowed',
  'rangeNotSatisfiable',
  'timeout',
  'unreachable',
] as const
export type RefusalName = (typeof NAMES)[number]

const BY_STATUS: Readonly<Record<number, RefusalName>> = {
  401: 'unauthorized',
  404: 'notFound',
  413: 'tooLarge',
  429: 'rateLimit',
  503: 'serverUnavailable',
}

export type Members = Readonly<Record<string, unknown>>

export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly kind: RefusalName
  readonly members: Members
  /** Seconds to wait before the next attempt, where the relay said so. */
  readonly retryAfter: number | undefined

  constructor(kind: RefusalName, members: Members = {}, retryAfter?: number) {
    super(kind)
    this.kind = kind
    this.members = members
    this.retryAfter = retryAfter
  }
}

export const isRefusal = (error: unknown, kind?: RefusalName): error is Refusal =>
  error instanceof Refusal && (kind === undefined || error.kind === kind)

const known = (name: string): RefusalName | undefined => NAMES.find(one => one === name)

/** The refusal that a method error or SetError says; an unknown type is `serverFail`. */
export function fromError({ type, description: _, ...members }: SetError): Refusal {
  const seconds = members['retryAfter']
  return new Refusal(known(type) ?? 'serverFail', members, typeof seconds === 'number' ? seconds : undefined)
}

/** The refusal that a door's problem details say; the status decides when the type is unknown. */
export function fromProblem(status: number, raw: Members, retryAfter: string | null): Refusal {
  const type = typeof raw['type'] === 'string' ? raw['type'] : ''
  const name = known(type.replace(PROBLEMS, '').replace(JMAP_ERRORS, ''))
  const seconds = Number(retryAfter ?? raw['retryAfter'] ?? Number.NaN)
  return new Refusal(
    name ?? BY_STATUS[status] ?? 'serverFail',
    raw,
    Number.isFinite(seconds) ? seconds : undefined,
  )
}
