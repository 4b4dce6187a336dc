/** What opens a slot: one kind for each thing that an owner can have, and the slot key that comes of it (docs/spec/keybox.md). */
import { join, labelled, utf8 } from './bytes.ts'
import type { Code } from './code.ts'
import { b64u, type JsonObject } from './encoding.ts'
import { hkdf } from './hashing.ts'
import { CREDENTIAL_LIMIT, DEVICE_WRAP, LETTER_WRAP, PASSKEY_WRAP, PASSWORD_WRAP, PRF_OUTPUT, RECOVERY_WRAP } from './labels.ts'
import type { Master } from './password.ts'

/** A passkey: its id (1 to 1023 bytes), and what its PRF gave for `pli prf v1` (32 bytes). */
export type PasskeyKey = { readonly type: 'passkey'; readonly credential: Uint8Array; readonly output: Uint8Array }

/** `second` is the other code of a letter with two: neither opens alone. A device key is 32 random bytes. */
export type SlotKey =
  | { readonly type: 'password'; readonly master: Master }
  | { readonly type: 'letter'; readonly code: Code; readonly second?: Code | undefined }
  | { readonly type: 'recovery'; readonly code: Code }
  | { readonly type: 'device'; readonly key: Uint8Array }
  | PasskeyKey

/** What a slot says of how its key is made: no secret. Raises RangeError for a passkey of other lengths. */
export function slotKdf(key: SlotKey): JsonObject {
  switch (key.type) {
    case 'password':
      return key.master.kdf
    case 'letter':
      return { name: key.second === undefined ? 'code' : 'codes' }
    case 'recovery':
      return { name: 'code' }
    case 'device':
      return { name: 'key' }
    case 'passkey':
      checkPasskey(key)
      return { credential: b64u(key.credential), name: 'prf' }
  }
}

/** The 32 bytes that wrap the box key. */
export function wrapKey(key: SlotKey, account: string): Uint8Array {
  switch (key.type) {
    case 'password':
      return hkdf(key.master.raw, labelled(PASSWORD_WRAP, utf8(account)))
    case 'letter':
      return hkdf(join(key.code.raw, ...(key.second === undefined ? [] : [key.second.raw])), LETTER_WRAP, utf8(account))
    case 'recovery':
      return hkdf(key.code.raw, RECOVERY_WRAP, utf8(account))
    case 'device':
      return hkdf(key.key, DEVICE_WRAP, utf8(account))
    case 'passkey':
      checkPasskey(key)
      return hkdf(key.output, PASSKEY_WRAP, utf8(account))
  }
}

function checkPasskey({ credential, output }: PasskeyKey): void {
  const isGood = credential.length >= 1 && credential.length <= CREDENTIAL_LIMIT && output.length === PRF_OUTPUT
  if (!isGood) throw new RangeError(`a passkey has an id of 1 to ${CREDENTIAL_LIMIT} bytes and an output of ${PRF_OUTPUT}`)
}
