/** The number of a refusal's receipt: what it comes of. The expected ones were made by Python's hmac, after RFC 5869. */
import { beforeAll, expect, test } from 'vitest'
import { parseCode } from '../../src/crypto/code.ts'
import { oppositionReceipt } from '../../src/crypto/receipt.ts'
import { ready } from '../../src/crypto/sodium.ts'

beforeAll(ready)

test.each([
  ['anne.durand', '00000100000000000000000000C', undefined, 'opeb7iy2g3ed522dhbhca55v2fe'],
  ['Anne.Durand', '00000100000000000000000000C', undefined, 'opeb7iy2g3ed522dhbhca55v2fe'],
  ['anne.durand', '00000100000000000000000000C', '00000200000000000000000000R', 'oiqgplhsy644ulimtzeya4zd6pu'],
])('of %s, %s and %s: %s', (login, code, second, receipt) => {
  expect(oppositionReceipt(login, parseCode(code), second === undefined ? undefined : parseCode(second))).toBe(receipt)
})

test('it is another one for another name', () => {
  expect(oppositionReceipt('anne.durant', parseCode('00000100000000000000000000C'))).not.toBe('opeb7iy2g3ed522dhbhca55v2fe')
})
