import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromFragment, isPairing } from '../../src/pages/lettercode.ts'
import { digitsOf } from '../../src/pages/digitsfield.tsx'
import { weeks } from '../../src/pages/month.tsx'
import { caretIn, inGroups, onLines, signsOf, spelled } from '../../src/ui/groups.ts'
import { strength } from '../../src/ui/strength.tsx'

const CODE = 'ABC-123-DEF-456-GHJ-789-KMN-012-PQR'

test('a code falls into groups while it is typed', () => {
  expect(inGroups('abc1')).toBe('ABC-1')
  expect(inGroups('ABC-123-')).toBe('ABC-123')
  expect(inGroups(' abc 123 xyz ')).toBe('ABC-123-XYZ')
})

test('three groups stand on a line', () => {
  expect(onLines(CODE)).toBe('ABC-123-DEF\n456-GHJ-789\nKMN-012-PQR')
  expect(onLines('abc123def')).toBe('ABC-123-DEF')
})

test('a code is found in the line of the letter that was pasted', () => {
  expect(inGroups(`Code        : ${CODE}`)).toBe(CODE)
  expect(inGroups(`code : ${CODE.toLowerCase().replaceAll('-', ' ')}\n`)).toBe(CODE)
  expect(inGroups(onLines(CODE))).toBe(CODE)
})

test('words alone are not taken for a code', () => {
  expect(inGroups('Mon code : ABC')).toBe('MON-COD-EAB-C')
  expect(inGroups(`${CODE}-XYZ`)).toBe(CODE)
})

test('the caret stays behind the sign it stood behind', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), fc.nat(60), (typed, place) => {
      const before = signsOf(typed.slice(0, place))
      fc.pre(signsOf(typed).startsWith(before))
      const shown = onLines(typed)
      expect(signsOf(shown.slice(0, caretIn(shown, before.length)))).toBe(before)
    }),
  )
})

test('a group is read sign by sign', () => {
  expect(spelled('A1C')).toBe('A 1 C')
  expect(spelled('123 456')).toBe('1 2 3 4 5 6')
})

test('six digits are six digits, however they are grouped', () => {
  expect(digitsOf('123 456')).toBe('123456')
  expect(digitsOf(' 123-456 ')).toBe('123456')
  expect(digitsOf('12345')).toBeUndefined()
  expect(digitsOf('1234567')).toBeUndefined()
  expect(digitsOf('12345a')).toBeUndefined()
  expect(digitsOf('١٢٣٤٥٦')).toBeUndefined()
})

test('the address of a letter carries code and name', () => {
  expect(fromFragment('#code=ABC-123&login=anne.durand')).toEqual({ code: 'ABC-123', login: 'anne.durand', two: false })
  expect(fromFragment('#code=ABC-123&codes=2&login=anne')).toEqual({ code: 'ABC-123', login: 'anne', two: true })
  expect(fromFragment('#ABC-123')).toEqual({ code: 'ABC-123', login: '', two: false })
  expect(fromFragment('')).toEqual({ code: '', login: '', two: false })
})

test('the code of a new device is no letter', () => {
  expect(isPairing('#pair/ABC')).toBe(true)
  expect(isPairing('#code=ABC')).toBe(false)
  expect(fromFragment('#pair/ABC')).toEqual({ code: '', login: '', two: false })
})

test('length makes a password, decoration does not', () => {
  expect(strength('Azerty1!')).toBe(0)
  expect(strength('aaaaaaaaaaaaaaaa')).toBe(0)
  expect(strength('motdepasse1234')).toBeLessThan(2)
  expect(strength('tilleul parfum juin')).toBeGreaterThanOrEqual(2)
})

test('a month has its days once, on the right week days', () => {
  const february = weeks(2024, 1)
  expect(february.flat().filter(day => day !== undefined)).toHaveLength(29)
  expect(february[0]?.findIndex(day => day !== undefined)).toBe(3) // the 1st was a Thursday
  expect(february.every(week => week.length === 7)).toBe(true)
})
