import { expect, test } from 'vitest'
import { readEvents, type ServerEvent } from '../../src/session/eventstream.ts'
import type { Network } from '../../src/session/ports.ts'
import { Transport } from '../../src/session/transport.ts'
import { Refusal } from '../../src/wire/errors.ts'

const TOKENS = { accessToken: 'new', account: 'a', expiresIn: 900 }
type Asked = { readonly path: string; readonly token: string | undefined }

/** A relay of a few lines: it takes the token `new`, and gives it for the cookie. */
function fakeRelay(asked: Asked[], cookie = true): Network {
  return {
    origin: 'https://relay.example',
    alone: work => work(),
    fetch: (path, init) => {
      const token = (init.headers as Record<string, string>)['Authorization']
      asked.push({ path, token })
      if (path === '/auth/refresh') return Promise.resolve(cookie ? Response.json(TOKENS) : problem(401, 'unauthorized'))
      if (path === '/auth/login') return Promise.resolve(problem(429, 'tooManyAttempts', '90'))
      if (token !== 'Bearer new') return Promise.resolve(problem(401, 'unauthorized'))
      const body = JSON.parse(init.body as string) as { methodCalls: [string, object, string][] }
      return Promise.resolve(Response.json({ methodResponses: body.methodCalls.map(([name, , id]) => [name, { list: [] }, id]) }))
    },
  }
}

const problem = (status: number, name: string, wait?: string): Response =>
  Response.json(
    { type: `https://pli.example/problems/${name}`, status, title: name },
    { status, headers: wait === undefined ? {} : { 'Retry-After': wait } },
  )

const ended = { accessToken: 'old', account: 'a', expiresIn: 900 }

test('an access token that ended is renewed once, for all who wait', async () => {
  const asked: Asked[] = []
  const transport = new Transport(fakeRelay(asked))
  transport.adopt(ended)
  const look = (): Promise<unknown> => transport.call('Contact/get', { accountId: 'a' })
  await Promise.all([look(), look(), look()])
  expect(asked.filter(({ path }) => path === '/auth/refresh')).toHaveLength(1)
})

test('without a cookie the log-in has ended', async () => {
  const transport = new Transport(fakeRelay([], false))
  transport.adopt(ended)
  await expect(transport.call('Contact/get', { accountId: 'a' })).rejects.toMatchObject({ kind: 'unauthorized' })
})

test('a refusal says how long to wait', async () => {
  const refused = new Transport(fakeRelay([])).door('/auth/login', {})
  await expect(refused).rejects.toMatchObject({ kind: 'tooManyAttempts', retryAfter: 90 })
})

test('a relay that is away is a refusal like any other', async () => {
  const away: Network = { origin: '', alone: work => work(), fetch: () => Promise.reject(new TypeError('Failed to fetch')) }
  await expect(new Transport(away).door('/auth/login', {})).rejects.toBeInstanceOf(Refusal)
})

test('a token is in a header, and never in an address', async () => {
  const asked: Asked[] = []
  const transport = new Transport(fakeRelay(asked))
  transport.adopt(TOKENS)
  await transport.call('Contact/get', { accountId: 'a' })
  expect(asked).toEqual([{ path: '/jmap/api', token: 'Bearer new' }])
})

const streamOf = (...pieces: readonly string[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece))
      controller.close()
    },
  })

test('events are found however the stream is cut', async () => {
  const text = ': hello\r\n\r\nevent: state\r\nid: 7\r\ndata: {"a":\r\ndata: "é"}\r\n\r\nevent: ping\ndata: 1\n\n'
  for (let cut = 1; cut < text.length; cut++) {
    const found: ServerEvent[] = []
    for await (const one of readEvents(streamOf(text.slice(0, cut), text.slice(cut)))) found.push(one)
    expect(found.filter(({ event }) => event !== 'message')).toEqual([
      { event: 'state', data: '{"a":\n"é"}' },
      { event: 'ping', data: '1' },
    ])
  }
})
