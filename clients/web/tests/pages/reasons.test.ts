/** Every reason that a session can give: said in both languages, and in other words where the person has to do something else. */
import { afterEach, describe, expect, test } from 'vitest'
import { CryptoError, type CryptoErrorKind } from '../../src/crypto/errors.ts'
import { DISTRUST, noticeFor } from '../../src/pages/distrust.ts'
import { reasonWords } from '../../src/pages/reasons.ts'
import { sentenceFor } from '../../src/pages/refusals.tsx'
import { KeysNotProved, type KeyProblem } from '../../src/session/distrust.ts'
import type { Reason } from '../../src/session/entries.ts'
import { en } from '../../src/words/en.ts'
import { fr } from '../../src/words/fr.ts'
import { LANGUAGES, speak, t } from '../../src/words/words.ts'

afterEach(() => speak('fr'))

/** What the person is to do. `ask` for another copy, `call` to find out who wrote, `wait` for what is on its way. */
type Todo = 'ask' | 'call' | 'nothing' | 'wait' | 'clock' | 'support' | 'confirm' | 'retry' | 'address' | 'login' | 'type'

const OF_LETTERS: Readonly<Record<Reason, Todo>> = {
  cannotOpen: 'ask',
  notCanonical: 'ask',
  unknownMembers: 'ask',
  notForYou: 'nothing',
  hiddenRecipient: 'ask',
  mislabelled: 'ask',
  unknownSenderKey: 'ask',
  senderKeyChanged: 'call',
  sealedToOtherKey: 'ask',
  replayed: 'nothing',
  notFetched: 'wait',
  notProved: 'wait',
}
const OF_KEYS: Readonly<Record<KeyProblem, Todo>> = {
  badCheckpoint: 'wait',
  staleCheckpoint: 'clock',
  logForked: 'support',
  policyChanged: 'confirm',
  notInLog: 'retry',
  brokenChain: 'call',
  keyChanged: 'call',
  ownKeyChanged: 'login',
  notTheirs: 'address',
}
/** What says that the person is to do it, in each language. */
const SAYS: Readonly<Record<Todo, Readonly<Record<'fr' | 'en', RegExp>>>> = {
  ask: { fr: /Demandez à votre soignant de le renvoyer/, en: /Ask your clinician to send it again/ },
  call: { fr: /Appelez|Téléphonez au cabinet/, en: /Call your clinician|Telephone the practice/ },
  nothing: { fr: /rien à faire/, en: /nothing to do/ },
  wait: { fr: /réessayons/, en: /keep trying/ },
  clock: { fr: /l’heure/, en: /date and time of the device/ },
  support: { fr: /Rien ne part.*assistance/s, en: /Nothing leaves.*support/s },
  confirm: { fr: /assistance.*acceptez/s, en: /support.*accept/s },
  retry: { fr: /Réessayez/, en: /Try again/ },
  address: { fr: /Vérifiez l’adresse/, en: /Check the address/ },
  login: { fr: /déconnectez|déconnexion|connectez-vous de nouveau|reconnectez/i, en: /log out here/ },
  type: { fr: /Comparez-le avec la lettre/, en: /Compare it with the letter/ },
}

/** Reasons that ask for something else in the same words. */
async function confused<Name extends string>(todos: Readonly<Record<Name, Todo>>, say: (name: Name) => string): Promise<unknown[]> {
  const found: unknown[] = []
  const names = Object.keys(todos) as Name[]
  for (const language of LANGUAGES) {
    await speak(language)
    for (const [at, one] of names.entries()) {
      for (const other of names.slice(at + 1)) if (todos[one] !== todos[other] && say(one) === say(other)) found.push([language, one, other])
    }
  }
  return found
}

describe('a letter that is not shown', () => {
  test('says in other words what asks for something else', async () => {
    expect(await confused(OF_LETTERS, reasonWords)).toEqual([])
  })

  test.each(Object.entries(OF_LETTERS) as [Reason, Todo][])('because it is %s says what to do: %s', async (reason, todo) => {
    for (const language of LANGUAGES) {
      await speak(language)
      expect(reasonWords(reason)).toMatch(SAYS[todo][language])
    }
  })
})

describe('keys that are not believed', () => {
  test('are said in other words where something else is to be done', async () => {
    expect(await confused(OF_KEYS, reason => sentenceFor(new KeysNotProved(reason)))).toEqual([])
  })

  test.each(Object.entries(OF_KEYS) as [KeyProblem, Todo][])('for %s say what to do: %s', async (reason, todo) => {
    for (const language of LANGUAGES) {
      await speak(language)
      expect(sentenceFor(new KeysNotProved(reason))).toMatch(SAYS[todo][language])
    }
  })

  test.each(Object.keys(OF_KEYS) as KeyProblem[])('for %s have a title and a text of their own names, in the notice too', reason => {
    for (const [title, text] of [DISTRUST[reason], noticeFor(reason)]) {
      for (const words of [fr, en]) expect([words[title as keyof typeof fr], words[text as keyof typeof fr]]).not.toContain(undefined)
    }
  })

  test('no two have the same title and text', () => {
    const said = Object.values(DISTRUST).map(pair => pair.join())
    expect(new Set(said).size).toBe(said.length)
  })
})

describe('what the sealing worker refuses', () => {
  const HARD: readonly CryptoErrorKind[] = ['WeakKdf', 'OlderBox', 'WeakKey', 'BadStatement', 'BadCheckpoint', 'BadProof', 'BadPolicy']

  test.each(HARD)('as %s is the relay’s doing, and is not said to be the person’s', async kind => {
    for (const language of LANGUAGES) {
      await speak(language)
      const said = sentenceFor(new CryptoError(kind, 'x/1'))
      expect(said).toContain(t('fail.relay'))
      expect(said).not.toContain(t('fail.other'))
    }
  })

  test('as a mistyped code is the person’s to compare', async () => {
    for (const language of LANGUAGES) {
      await speak(language)
      expect(sentenceFor(new CryptoError('BadCode', 'keybox/7'))).toMatch(SAYS.type[language])
    }
  })

  test('never shows the item, which is for tests alone', () => {
    expect(sentenceFor(new CryptoError('OlderBox', 'keybox/6'))).not.toContain('keybox')
  })
})

test('a message that may be missing, in doubt or closed with old keys is said to be so, each in its own words', async () => {
  const found: string[] = []
  for (const language of LANGUAGES) {
    await speak(language)
    found.push(t('conversation.gap'), t('conversation.doubted'), t('conversation.keysSuspected', 'Dr', 'x'))
    found.push(t('conversation.staleKey'), t('conversation.staleKeyOwn'))
  }
  expect(new Set(found).size).toBe(10)
})
