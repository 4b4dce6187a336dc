import { expect, test } from 'vitest'
import { fromFragment, inGroups } from '../../src/pages/lettercode.ts'
import { weeks } from '../../src/pages/month.tsx'
import { strength } from '../../src/ui/strength.tsx'

test('a code falls into groups while it is typed', () => {
  expect(inGroups('abc1')).toBe('ABC-1')
  expect(inGroups('ABC-123-')).toBe('ABC-123')
  expect(inGroups(' abc 123 xyz ')).toBe('ABC-123-XYZ')
})

test('the address of a letter carries code and name', () => {
  expect(fromFragment('#code=ABC-123&login=anne.durand')).toEqual({ code: 'ABC-123', login: 'anne.durand' })
  expect(fromFragment('#ABC-123')).toEqual({ code: 'ABC-123', login: '' })
  expect(fromFragment('')).toEqual({ code: '', login: '' })
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
