/** Which policies of the key log this browser used, for whom. */
import { expect, test } from 'vitest'
import { Policies } from '../../src/session/policies.ts'
import { FakeDevice } from '../fakes/device.ts'
import { ANNE, MARTIN } from '../fakes/letters.ts'

test('the last one counts, the ones before are known, and none is anybody’s but the person’s', () => {
  const { lasting } = new FakeDevice()
  const policies = new Policies(lasting, ANNE)
  expect([policies.current, policies.knows('anything')]).toEqual([undefined, true])
  for (const hash of ['one', 'two', 'one', 'three']) policies.use(hash)
  const again = new Policies(lasting, ANNE)
  expect([again.current, again.knows('two'), again.knows('four')]).toEqual(['three', true, false])
  expect(new Policies(lasting, MARTIN).current).toBeUndefined()
})

test('twenty are remembered', () => {
  const policies = new Policies(new FakeDevice().lasting, ANNE)
  for (let at = 0; at < 21; at++) policies.use(String(at))
  expect([policies.knows('0'), policies.knows('1'), policies.current]).toEqual([false, true, '20'])
})

test.each(['', '{', '7', '[7]', 'null'])('a store that was spoilt to %j is that of a new browser', text => {
  const { lasting } = new FakeDevice()
  lasting.set(`policies ${ANNE}`, text)
  expect(new Policies(lasting, ANNE).current).toBeUndefined()
})
