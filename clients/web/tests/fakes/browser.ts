/** A browser of somebody's: a page with the real sealing worker, what the browser keeps, an authenticator, a clock. */
import { formatCode, type Code } from '../../src/crypto/code.ts'
import { Login } from '../../src/session/login.ts'
import type { Network, Ports } from '../../src/session/ports.ts'
import { Session } from '../../src/session/session.ts'
import { newTotpSecret } from '../../src/session/totp.ts'
import { Transport } from '../../src/session/transport.ts'
import { FakeAuthenticator } from './authenticator.ts'
import { FakeClock } from './clock.ts'
import { newDesk } from './desk.ts'
import { FakeDevice } from './device.ts'
import { CODE, type House } from './house.ts'
import { FakePresence } from './presence.ts'
import { FakeSearcher } from './searcher.ts'

export class Browser {
  readonly clock = new FakeClock()
  readonly session: Session
  readonly login: Login
  readonly device: FakeDevice
  readonly network: Network

  /** A second tab: the same `device` and `network`. */
  constructor(house: House, authenticator = new FakeAuthenticator(), device = new FakeDevice(), network = house.browser()) {
    const { lasting, keeping, store } = device
    const ports: Ports = { network, clock: this.clock, lasting, keeping, store, presence: new FakePresence(), authenticator, searcher: () => new FakeSearcher() }
    const desk = newDesk(this.clock.now)
    const transport = new Transport(network)
    this.device = device
    this.network = network
    this.session = new Session(desk, transport, ports)
    this.login = new Login(desk, transport, ports, this.session)
  }

  /** The recovery code of the kit. */
  async activate(name: string, code: Code, password: string, second?: Code): Promise<string> {
    const letter = await this.login.withLetter(name, formatCode(code), second === undefined ? undefined : formatCode(second))
    const kit = await this.login.kit(name)
    await this.login.activate(letter, password, newTotpSecret(), CODE)
    return kit.code
  }

  async enter(name: string, password: string): Promise<void> {
    const outcome = await this.login.withPassword(name, password)
    if (outcome.kind === 'codeNeeded') await this.login.withCode(outcome.ticket, CODE, false)
  }

  /** The relay ended this device: the page notices when it asks for something. */
  async isOut(): Promise<boolean> {
    const { phase } = this.session
    if (phase.value === 'in') await this.session.look()
    for (let turn = 0; turn < 20 && phase.value !== 'out'; turn++) await new Promise(resolve => setImmediate(resolve))
    return phase.value === 'out'
  }
}
