/** Passkeys without a browser: what an authenticator holds works in every page that has it. */
import { SYSTEM } from '../../src/crypto/randomness.ts'
import { type Authenticator, type PasskeyAnswer, PasskeyFailed } from '../../src/session/ports.ts'

export class FakeAuthenticator implements Authenticator {
  readonly passkeys: PasskeyAnswer[] = []
  isCancelled = false

  readonly available = (): Promise<boolean> => Promise.resolve(true)

  readonly create: Authenticator['create'] = ({ account }) => {
    if (this.isCancelled) return Promise.reject(new PasskeyFailed('cancelled'))
    this.passkeys.push({ credential: SYSTEM(16), account, output: SYSTEM(32) })
    return this.get([])
  }

  readonly get: Authenticator['get'] = () => {
    const newest = this.passkeys.at(-1)
    if (newest === undefined || this.isCancelled) return Promise.reject(new PasskeyFailed('cancelled'))
    return Promise.resolve({ ...newest, output: newest.output.slice() })
  }
}
