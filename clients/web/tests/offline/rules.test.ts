/** What the service worker answers and what it leaves to the relay. */
import { expect, test } from 'vitest'
import { cacheName, fileFor, outlived, pushed } from '../../src/offline/rules.ts'
import { noticeWords } from '../../src/words/push.ts'

const ORIGIN = 'https://pli.example'
const FILES = new Set(['index.html', 'pli.svg', 'assets/index-abc.js'])

const asked = (path: string, mode: RequestMode = 'cors', method = 'GET'): string | undefined =>
  fileFor({ method, mode, url: new URL(path, ORIGIN).href }, ORIGIN, FILES)

test.each(['/', '/connexion', '/messages', '/messages/abc?x=1', '/compte/appareils', '/dossier/letter/0'])('%s opens the page', path => {
  expect(asked(path, 'navigate')).toBe('index.html')
})

test.each(['/openapi.json', '/jmap', '/auth/login', '/log/checkpoint', '/.well-known/jmap', '/SHA256SUMS', '/metrics', '/catalogue', '/nothing'])(
  'a visit to %s is the relay’s to answer',
  path => {
    expect(asked(path, 'navigate')).toBeUndefined()
  },
)

test.each(['/jmap', '/jmap/download/a/b', '/auth/refresh', '/log/checkpoint', '/catalogue', '/messages', '/index.html', '/offline.js', '/pli.svg?x', '/'])(
  'a script that asks for %s hears the relay',
  path => {
    expect(asked(path)).toBeUndefined()
  },
)

test('files of this build are answered, and those of the build before are looked for', () => {
  expect([asked('/pli.svg'), asked('/assets/index-abc.js'), asked('/assets/index-old.js')]).toEqual([
    'pli.svg',
    'assets/index-abc.js',
    'assets/index-old.js',
  ])
})

test.each(['POST', 'HEAD', 'PUT', 'DELETE'])('%s goes to the relay', method => {
  expect(asked('/assets/index-abc.js', 'cors', method)).toBeUndefined()
})

test.each(['https://evil.example/pli.svg', 'http://pli.example/assets/index-abc.js', 'https://pli.example:8443/'])('%s is another origin', url => {
  expect(asked(url)).toBeUndefined()
  expect(asked(url, 'navigate')).toBeUndefined()
})

test('the build before stays for the tabs that it is open in, older ones go, and what is not a build is left alone', () => {
  const [first, second, third, own] = ['1', '2', '3', '4'].map(cacheName)
  expect(outlived([first!, 'another', second!, third!, own!], own!)).toEqual([first, second])
  expect(outlived([own!], own!)).toEqual([])
  // Back to an older build, whose cache stands first.
  expect(outlived([own!, first!, second!], own!)).toEqual([first])
})

test.each(['', 'null', '3', '{', '[]', '{"@type":"StateChange","changed":{}}', '{"@type":["PushVerification"]}', 'x'.repeat(5000)])(
  'a push of %j is news and no more',
  text => {
    expect(pushed(text)).toEqual({ kind: 'news' })
  },
)

test('a code that proves a subscription is handed on as it came', () => {
  const raw = { '@type': 'PushVerification', pushSubscriptionId: 'P1', verificationCode: 'c' }
  expect(pushed(JSON.stringify(raw))).toEqual({ kind: 'verification', raw })
})

test.each([
  [[], 'fr'],
  [['de', 'en-GB', 'fr'], 'en'],
  [['fr-CA', 'en'], 'fr'],
  [['constructor', 'toString'], 'fr'],
])('a browser that speaks %j is told in %s', (languages, lang) => {
  expect(noticeWords(languages).lang).toBe(lang)
})
