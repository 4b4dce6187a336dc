/** Both sides of a pairing as the worker holds them: neither a seed, a comparison nor a box key reaches the page. */
import { equal } from './bytes.ts'
import { type Code, codeText, formatCode, parseCode } from './code.ts'
import { cannotOpen } from './errors.ts'
import type { OpenedBox } from './keybox.ts'
import { loadSealing, publicOfSealing, type SealingPublic, type SigningPublic, signingPublic } from './keys.ts'
import {
  digits,
  type Grant,
  type Hello,
  makeGrant,
  makeHello,
  newPairing,
  openGrant,
  openGranted,
  openHello,
  type Pairing,
} from './pairing.ts'

/** `code` as people type it, `text` as machines carry it; `key` is the public key, 1216 bytes. */
export type PairingShown = { readonly code: string; readonly text: string; readonly key: Uint8Array }

/** What the old device said hello with. The seed is not kept: the box may be opened anew meanwhile. */
type Helped = { readonly account: string; readonly key: SealingPublic; readonly code: Code; readonly signer: SigningPublic }

export class Pairings {
  #pairing: Pairing | undefined
  #hello: Hello | undefined
  #grant: Grant | undefined
  #helped: Helped | undefined

  /** The new device: a fresh key and its code. */
  begin(): PairingShown {
    this.wipe()
    const pairing = newPairing()
    this.#pairing = pairing
    return { code: formatCode(pairing.code), text: codeText(pairing.code), key: publicOfSealing(pairing.seed).raw }
  }

  /** The new device: the digits to compare. The first hello counts. Raises CannotOpen. */
  hear(sealed: Uint8Array): { readonly account: string; readonly digits: string } {
    const pairing = this.#begun()
    this.#hello ??= openHello(sealed, pairing)
    const { account, comparison, signer } = this.#hello
    return { account, digits: digits(comparison, pairing.code, signer) }
  }

  /** The new device: the box key, kept here. Raises CannotOpen before a hello. */
  accept(sealed: Uint8Array): { readonly account: string; readonly login: string; readonly version: number } {
    if (this.#hello === undefined) throw cannotOpen('pairing/2')
    this.#grant = openGrant(sealed, this.#begun(), this.#hello)
    return { account: this.#hello.account, login: this.#grant.login, version: this.#grant.version }
  }

  /** The new device: the account's box. Raises CannotOpen, OlderBox. */
  open(box: Uint8Array, minimumVersion: number): OpenedBox {
    if (this.#hello === undefined || this.#grant === undefined) throw cannotOpen('pairing/4')
    return openGranted(box, this.#hello, this.#grant, minimumVersion)
  }

  /** The old device: what it says first, and the digits to compare. Raises BadCode, WeakKey, CannotOpen. */
  help(opened: OpenedBox, code: string, key: Uint8Array): { readonly sealed: Uint8Array; readonly digits: string } {
    const { account, content } = opened
    const { signing } = content.keys
    const helped = { account, key: loadSealing(key), code: parseCode(code), signer: signingPublic(signing) }
    const { sealed, comparison } = makeHello({ ...helped, signer: signing })
    this.#helped = helped
    return { sealed, digits: digits(comparison, helped.code, helped.signer) }
  }

  /** The old device: the person said that the digits are the same. Raises CannotOpen before a hello. */
  grant({ account, boxKey, version, content }: OpenedBox, login: string): Uint8Array {
    const { signing } = content.keys
    // Keys that changed since hello would grant what the new device refuses.
    const isSame = this.#helped?.account === account && equal(this.#helped.signer.raw, signingPublic(signing).raw)
    if (this.#helped === undefined || !isSame) throw cannotOpen('pairing/3')
    return makeGrant({ ...this.#helped, signer: signing }, { boxKey, login, version })
  }

  wipe(): void {
    this.#pairing?.seed.wipe()
    this.#grant?.boxKey.wipe()
    this.#hello?.comparison.fill(0)
    this.#pairing = this.#hello = this.#grant = this.#helped = undefined
  }

  #begun(): Pairing {
    if (this.#pairing === undefined) throw cannotOpen('pairing/2')
    return this.#pairing
  }
}
