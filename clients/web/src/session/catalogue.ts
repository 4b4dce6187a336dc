/**
 * The signed catalogue of apps: believed by the keys that this account saw first, and never an older one than it saw.
 *
 * Laws: nothing of it is shown before its signature fits; another authority than the first is a stop, not a question.
 */
import { date, integer, list, matching, NotThisShape, object, oneOf, text, ACCOUNT as ACCOUNT_ID } from '../content/shape.ts'
import { parseCanonical, unb64u, type Json } from '../crypto/encoding.ts'
import { CryptoError } from '../crypto/errors.ts'
import { isRefusal, Refusal } from '../wire/errors.ts'
import { SCOPES, type Scope, type SignedCatalogue } from '../wire/grants.ts'
import { ACCOUNT, CATALOGUE } from '../wire/names.ts'
import type { Desk } from './desk.ts'
import type { Mailbox } from './mailbox.ts'
import type { Transport } from './transport.ts'

/** The same in both languages. */
export type InBoth = { readonly fr: string; readonly en: string }
export type CatalogueApp = {
  readonly account: string
  readonly name: InBoth
  readonly publisher: string
  readonly purpose: InBoth
  readonly scopes: readonly Scope[]
  readonly website: string
  readonly redirectUris: readonly string[]
  readonly certifiedUntil: string
}
export type Catalogue = {
  readonly version: number
  readonly issuedAt: string
  readonly validUntil: string
  readonly authority: string
  readonly apps: readonly CatalogueApp[]
}

/** `keyChanged`: another authority signs than at first sight. `notSigned`: nobody known did, or it is none. `older`: a newer one was seen. */
export class CatalogueRefused extends Error {
  override readonly name = 'CatalogueRefused'
  readonly reason: 'keyChanged' | 'notSigned' | 'older'

  constructor(reason: CatalogueRefused['reason']) {
    super(reason)
    this.reason = reason
  }
}

type Seen = { readonly keys: readonly string[]; readonly version: number }

const line = text(300)
const both = object<InBoth>({ fr: line, en: line })
const url = matching(/^https?:\/\/[^\s#]{1,500}$/)
const app = object<CatalogueApp>({
  account: matching(ACCOUNT_ID),
  name: both,
  publisher: line,
  purpose: both,
  scopes: list(oneOf(...SCOPES), SCOPES.length),
  website: url,
  redirectUris: list(url, 16),
  certifiedUntil: date,
})
const catalogue = object<Catalogue>({
  version: integer(0),
  issuedAt: date,
  validUntil: date,
  authority: line,
  apps: list(app, 1000),
})

export class Catalogues {
  readonly #desk: Desk
  readonly #transport: Transport
  readonly #mailbox: Mailbox

  constructor(desk: Desk, transport: Transport, mailbox: Mailbox) {
    this.#desk = desk
    this.#transport = transport
    this.#mailbox = mailbox
  }

  /** Undefined where this relay publishes none. Raises CatalogueRefused, Refusal. */
  async read(): Promise<Catalogue | undefined> {
    const signed = await this.#fetch()
    if (signed === undefined) return undefined
    const seen = asSeen(await this.#mailbox.states.load('apps'))
    const keys = seen?.keys ?? (await this.#announced())
    if (!keys.includes(signed.key)) throw new CatalogueRefused(seen === undefined ? 'notSigned' : 'keyChanged')
    const found = await this.#verified(signed)
    if (found.version < (seen?.version ?? 0)) throw new CatalogueRefused('older')
    if (found.version !== seen?.version) await this.#remember(keys, found.version)
    return found
  }

  async #fetch(): Promise<SignedCatalogue | undefined> {
    try {
      return JSON.parse(new TextDecoder().decode(await this.#transport.show(CATALOGUE))) as SignedCatalogue
    } catch (error) {
      if (isRefusal(error, 'notFound')) return undefined
      if (error instanceof SyntaxError) throw new CatalogueRefused('notSigned')
      throw error
    }
  }

  /** The keys of whoever certifies apps here, as the relay says them to who looks for the first time. */
  async #announced(): Promise<readonly string[]> {
    const keys = (await this.#transport.capabilities())[ACCOUNT]?.['catalogueKeys']
    if (!Array.isArray(keys) || !keys.every(key => typeof key === 'string')) throw new Refusal('serverFail')
    return keys
  }

  async #verified({ catalogue: raw, signature, key }: SignedCatalogue): Promise<Catalogue> {
    try {
      const bytes = unb64u(raw)
      await this.#desk.call('verifyCatalogue', { catalogue: bytes, signature: unb64u(signature, 64), key: unb64u(key, 32) })
      return catalogue(parseCanonical(bytes))
    } catch (error) {
      if (error instanceof CryptoError || error instanceof NotThisShape) throw new CatalogueRefused('notSigned')
      throw error
    }
  }

  async #remember(keys: readonly string[], version: number): Promise<void> {
    await this.#mailbox.states.save('apps', there => {
      const seen = asSeen(there)
      // Another device may have looked first, and may have seen more.
      return { keys: [...(seen?.keys ?? keys)], version: Math.max(version, seen?.version ?? 0) }
    })
  }
}

function asSeen(value: Json | undefined): Seen | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const { keys, version } = value as Record<string, Json>
  if (!Array.isArray(keys) || !keys.every(key => typeof key === 'string') || typeof version !== 'number') return undefined
  return { keys, version }
}
