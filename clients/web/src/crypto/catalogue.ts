/** The signature of the catalogue of apps (docs/spec/protocol.md, Catalogue). What it says is read elsewhere. */
import { labelled } from './bytes.ts'
import { CryptoError } from './errors.ts'
import { CATALOGUE } from './labels.ts'
import { loadSigning, verify } from './keys.ts'

/** `signature` has 64 bytes, `key` 32. */
export type CatalogueSigned = { readonly catalogue: Uint8Array; readonly signature: Uint8Array; readonly key: Uint8Array }

/** Raises BadCatalogue unless this key has signed these bytes; WeakKey. */
export function verifyCatalogue({ catalogue, signature, key }: CatalogueSigned): void {
  if (!verify(signature, labelled(CATALOGUE, catalogue), loadSigning(key))) throw new CryptoError('BadCatalogue', 'catalogue/1')
}
