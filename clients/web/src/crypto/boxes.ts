/**
 * The key boxes that are open in the worker: the person's own, and the one of an account that they act for.
 *
 * Law: whatever is replaced is wiped. A box that was made counts only when the relay has taken it: see {@link Boxes.take}.
 */
import { sealingSeeds, wipeContent } from './content.ts'
import { cannotOpen } from './errors.ts'
import { type MadeBox, openBox, openAsDelegate, type OpenedBox } from './keybox.ts'
import { BoxKey, type SigningPublic } from './keys.ts'

type Proposed = MadeBox & { readonly account: string }

export class Boxes {
  #own: OpenedBox | undefined
  #held: OpenedBox | undefined
  #proposed: Proposed | undefined

  /** The person's own. Raises CannotOpen when it is closed. */
  get own(): OpenedBox {
    if (this.#own === undefined) throw cannotOpen('locked')
    return this.#own
  }

  /** The one whose letters are read and written. Raises CannotOpen. */
  get current(): OpenedBox {
    return this.#held ?? this.own
  }

  /** A log-in: whatever was open is closed. */
  open(opened: OpenedBox): OpenedBox {
    this.wipe()
    this.#own = opened
    return opened
  }

  /** Somebody else's box, by the person's own seeds. Raises CannotOpen, OlderBox. */
  hold(box: Uint8Array, account: string, signers: readonly SigningPublic[], minimumVersion: number): OpenedBox {
    const opened = openAsDelegate(box, account, sealingSeeds(this.own.content), signers, minimumVersion)
    this.release()
    this.#held = opened
    return opened
  }

  release(): void {
    if (this.#held !== undefined) wipeBox(this.#held)
    this.#held = undefined
  }

  /** A later version of the current box, under the box key that it has. Raises CannotOpen, OlderBox. */
  follow(box: Uint8Array): OpenedBox {
    const { account, boxKey, version } = this.current
    return this.#replace(openBox(box, account, new BoxKey(boxKey.raw), version))
  }

  /** The next box of this account, which the relay may refuse. */
  propose(account: string, made: MadeBox): void {
    this.#forget()
    this.#proposed = { ...made, account }
  }

  /** The relay took what was proposed last. Raises CannotOpen without one. */
  take(): OpenedBox {
    if (this.#proposed === undefined) throw cannotOpen('nothing was proposed')
    const { account, box, boxKey } = this.#proposed
    const opened = openBox(box, account, new BoxKey(boxKey.raw))
    this.#forget()
    return this.#replace(opened)
  }

  wipe(): void {
    this.release()
    this.#forget()
    if (this.#own !== undefined) wipeBox(this.#own)
    this.#own = undefined
  }

  #replace(opened: OpenedBox): OpenedBox {
    if (this.#held?.account === opened.account) {
      this.release()
      this.#held = opened
      return opened
    }
    return this.open(opened)
  }

  #forget(): void {
    const own = this.#own?.boxKey
    // A box key that stays is the open box's as well.
    if (this.#proposed?.boxKey !== own && this.#proposed?.boxKey !== this.#held?.boxKey) this.#proposed?.boxKey.wipe()
    this.#proposed = undefined
  }
}

export function wipeBox({ boxKey, content }: OpenedBox): void {
  wipeContent(content)
  boxKey.wipe()
}
