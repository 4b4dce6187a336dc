import { expect, test } from 'vitest'
import { answering } from '../../src/session/aim.ts'
import { Outbox } from '../../src/session/outbox.ts'
import type { Draft } from '../../src/session/outgoing.ts'
import { Refusal } from '../../src/wire/errors.ts'
import { FakeClock } from '../fakes/clock.ts'
import { arrived, id } from '../fakes/letters.ts'

const draft: Draft = { message: id('N'), to: answering(arrived()), subject: 'Re: Vos résultats', text: 'Merci.', parts: [] }

const setUp = (fail = false): { clock: FakeClock; sent: Draft[]; outbox: Outbox } => {
  const clock = new FakeClock()
  const sent: Draft[] = []
  const outbox = new Outbox(clock, one => {
    if (fail) return Promise.reject(new Refusal('unreachable'))
    sent.push(one)
    return Promise.resolve()
  })
  return { clock, sent, outbox }
}

test('a letter waits ten seconds, then leaves once', async () => {
  const { clock, sent, outbox } = setUp()
  outbox.queue(draft)
  clock.pass(9_999)
  expect(sent).toEqual([])
  clock.pass(1)
  await Promise.resolve()
  clock.pass(60_000)
  expect(sent).toEqual([draft])
})

test('a letter that is taken back never leaves', () => {
  const { clock, sent, outbox } = setUp()
  outbox.queue(draft)
  expect(outbox.undo(draft.message)).toBe(draft)
  clock.pass(60_000)
  expect(sent).toEqual([])
  expect(outbox.letters.value).toEqual([])
})

test('what could not be sent stays, with its reason', async () => {
  const { outbox } = setUp(true)
  await outbox.sendNow(draft)
  expect(outbox.letters.value[0]?.state).toMatchObject({ kind: 'failed', error: { kind: 'unreachable' } })
  expect(outbox.undo(draft.message)).toBe(draft)
})

test('nothing leaves after the session ended', () => {
  const { clock, sent, outbox } = setUp()
  outbox.queue(draft)
  outbox.close()
  clock.pass(60_000)
  expect(sent).toEqual([])
})
