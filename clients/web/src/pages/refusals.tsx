/** Every failure in words: what happened, and what to do now. */
import type { JSX } from 'preact'
import { CryptoError, type CryptoErrorKind } from '../crypto/errors.ts'
import { KeysNotProved } from '../session/distrust.ts'
import { PasskeyFailed } from '../session/ports.ts'
import { Alert } from '../ui/notice.tsx'
import { Refusal, type RefusalName } from '../wire/errors.ts'
import { t } from '../words/words.ts'
import { DISTRUST, type Said } from './distrust.ts'

const REFUSALS: Partial<Readonly<Record<RefusalName, Said>>> = {
  wrongCredentials: ['fail.credentials', 'fail.credentialsText'],
  wrongCode: ['fail.code', 'fail.codeText'],
  ticketExpired: ['fail.ticket', 'fail.ticketText'],
  unreachable: ['fail.unreachable', 'fail.unreachableText'],
  serverUnavailable: ['fail.unreachable', 'fail.unreachableText'],
  timeout: ['fail.unreachable', 'fail.unreachableText'],
  unauthorized: ['fail.unauthorized', 'fail.unauthorizedText'],
  recipientRefuses: ['fail.refuses', 'fail.refusesText'],
  recipientNotFound: ['fail.gone', 'fail.goneText'],
  overQuota: ['fail.quota', 'fail.quotaText'],
  tooLarge: ['fail.tooLarge', 'fail.tooLargeText'],
  invalidKeys: ['fail.keys', 'fail.keysText'],
}

const CRYPTO: Partial<Readonly<Record<CryptoErrorKind, Said>>> = {
  CannotOpen: ['fail.relay', 'fail.relayText'],
  BadCode: ['fail.letterCode', 'fail.letterCodeText'],
  WeakKdf: ['fail.relay', 'fail.relayText'],
  OlderBox: ['fail.relay', 'fail.relayText'],
  BadStatement: ['fail.relay', 'fail.relayText'],
  BadCheckpoint: ['fail.relay', 'fail.relayText'],
  BadProof: ['fail.relay', 'fail.relayText'],
  BadPolicy: ['fail.relay', 'fail.relayText'],
  WeakKey: ['fail.relay', 'fail.relayText'],
}

const PASSKEY: Readonly<Record<PasskeyFailed['reason'], Said>> = {
  cancelled: ['passkey.cancelled', 'passkey.cancelledText'],
  unsupported: ['passkey.unsupported', 'passkey.unsupportedText'],
}

/** What a failure means on this page, where that is not what it means everywhere. */
export type Here = (error: unknown) => Said | undefined

function wordsFor(error: unknown, here?: Here): readonly [title: string, text: string] {
  if (error instanceof Refusal && (error.kind === 'tooManyAttempts' || error.kind === 'rateLimit')) {
    return [t('fail.tooMany'), t('fail.tooManyText', wait(error.retryAfter))]
  }
  const [title, text] = here?.(error) ?? saidOf(error) ?? (['fail.other', 'fail.otherText'] as const)
  return [t(title), t(text)]
}

function saidOf(error: unknown): Said | undefined {
  if (error instanceof Refusal) return REFUSALS[error.kind]
  if (error instanceof CryptoError) return CRYPTO[error.kind]
  if (error instanceof PasskeyFailed) return PASSKEY[error.reason]
  return error instanceof KeysNotProved ? DISTRUST[error.reason] : undefined
}

/** "30 secondes", "2 minutes": rounded up, never less than what the relay asks. */
function wait(seconds = 60): string {
  return seconds < 60 ? t('fail.seconds', Math.max(1, Math.ceil(seconds))) : t('fail.minutes', Math.ceil(seconds / 60))
}

export const sentenceFor = (error: unknown): string => wordsFor(error).join(' ')

type FailureProps = { readonly error: { readonly cause: unknown } | undefined; readonly here?: Here | undefined }

export function Failure({ error, here }: FailureProps): JSX.Element | null {
  if (error === undefined) return null
  const [title, text] = wordsFor(error.cause, here)
  return (
    <Alert title={title} key={error}>
      <p>{text}</p>
    </Alert>
  )
}
