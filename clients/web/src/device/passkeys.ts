/**
 * WebAuthn with the PRF extension: the one secret that a passkey gives for this origin (docs/spec/keybox.md, Passkey).
 *
 * Laws: the authenticator checks who is there (user verification), or it counts for nothing; the assertion's signature is
 * not used, because the log-in key is made of the PRF output.
 */
import { type Authenticator, type PasskeyAnswer, PasskeyFailed } from '../session/ports.ts'

const PRF_INPUT = new TextEncoder().encode('pli prf v1')
const ES256 = -7
const EDDSA = -8
const RS256 = -257
const VERIFIED = 0x04 // the flag UV of the authenticator data (WebAuthn, 6.1)
const FLAGS = 32 // its place: after the hash of the origin
const PRF_OUTPUT = 32 // bytes
const PATIENCE = 120_000 // milliseconds

type Bytes = Uint8Array<ArrayBuffer>

const random = (): Bytes => crypto.getRandomValues(new Uint8Array(32))
const prf = { prf: { eval: { first: PRF_INPUT } } }

const asked = (credential: Uint8Array): PublicKeyCredentialDescriptor => ({ type: 'public-key', id: credential as Bytes })

async function available(): Promise<boolean> {
  if (!('PublicKeyCredential' in globalThis) || !('credentials' in navigator)) return false
  return PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable().catch(() => false)
}

async function create(who: Parameters<Authenticator['create']>[0]): Promise<PasskeyAnswer> {
  const made = await attempt(() =>
    navigator.credentials.create({
      publicKey: {
        rp: { id: location.hostname, name: 'Pli' },
        user: { id: new TextEncoder().encode(who.account), name: who.name || 'Pli', displayName: who.name || 'Pli' },
        // Nobody verifies what is signed here: the relay gets a log-in key that is made of the PRF output.
        challenge: random(),
        pubKeyCredParams: [ES256, EDDSA, RS256].map(alg => ({ type: 'public-key', alg })),
        authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
        attestation: 'none',
        excludeCredentials: who.exclude.map(asked),
        timeout: PATIENCE,
        extensions: prf,
      },
    }),
  )
  const credential = new Uint8Array(made.rawId)
  const said = made.getClientExtensionResults().prf
  if (said?.enabled === false) throw new PasskeyFailed('unsupported')
  const output = outputOf(said?.results?.first)
  // Many authenticators give the output only to an assertion: ask for one of this very passkey.
  return output === undefined ? get([credential]) : { credential, account: who.account, output }
}

async function get(only: readonly Uint8Array[]): Promise<PasskeyAnswer> {
  const found = await attempt(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: random(),
        rpId: location.hostname,
        allowCredentials: only.map(asked),
        userVerification: 'required',
        timeout: PATIENCE,
        extensions: prf,
      },
    }),
  )
  const { authenticatorData, userHandle } = found.response as AuthenticatorAssertionResponse
  const output = outputOf(found.getClientExtensionResults().prf?.results?.first)
  const isVerified = ((new Uint8Array(authenticatorData)[FLAGS] ?? 0) & VERIFIED) !== 0
  if (output === undefined || userHandle === null || !isVerified) throw new PasskeyFailed('unsupported')
  return { credential: new Uint8Array(found.rawId), account: new TextDecoder().decode(userHandle), output }
}

/** What browsers say of a refusal is one word for many reasons, so that pages learn little: NotAllowedError. */
async function attempt(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  let found: Credential | null
  try {
    found = await ask()
  } catch (error) {
    const name = error instanceof Error ? error.name : ''
    throw new PasskeyFailed(name === 'NotAllowedError' || name === 'AbortError' ? 'cancelled' : 'unsupported')
  }
  if (!(found instanceof PublicKeyCredential)) throw new PasskeyFailed('unsupported')
  return found
}

function outputOf(raw: BufferSource | undefined): Uint8Array | undefined {
  if (raw === undefined) return undefined
  const bytes = ArrayBuffer.isView(raw) ? new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength) : new Uint8Array(raw)
  return bytes.length === PRF_OUTPUT ? bytes.slice() : undefined
}

export const authenticator: Authenticator = { available, create, get }
