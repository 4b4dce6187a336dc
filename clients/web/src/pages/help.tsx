/** Help: the questions that people ask most, each of which opens by itself. Open to everybody. */
import type { JSX } from 'preact'
import { ButtonLink } from '../ui/button.tsx'
import { Heading } from '../ui/heading.tsx'
import { Notice } from '../ui/notice.tsx'
import { t, type PlainWord } from '../words/words.ts'
import { useApp } from './context.ts'
import * as places from './places.ts'

const GROUPS = [
  ['help.entering', ['password', 'kit', 'phone', 'letter']],
  ['help.writing', ['start', 'when', 'who', 'unreadable', 'files']],
  ['help.safety', ['stolen', 'asked', 'leave']],
] as const satisfies readonly (readonly [PlainWord, readonly string[]])[]

type Page = readonly [address: string, word: PlainWord]
/** Every page, by its own title: the second way to each of them, beside the menus (WCAG 2.2, 2.4.5). */
const INSIDE: readonly Page[] = [
  [places.MESSAGES, 'place.messages'],
  [`${places.MESSAGES}/${places.WRITE}`, 'compose.title'],
  [places.RECORD, 'place.record'],
  [places.RECORD_ADD, 'shelf.addTitle'],
  [places.AGENDA, 'place.agenda'],
  [places.NOTE, 'diary.addTitle'],
  [places.ACCOUNT, 'place.account'],
  [places.YOU, 'answer.name'],
  [places.READING, 'account.reading'],
  [places.NOTICES, 'notices.title'],
  [places.DEVICES, 'devices.title'],
  [places.PAIR, 'pairOld.title'],
  [places.PASSWORD, 'factors.password'],
  [places.PASSKEYS, 'passkeys.title'],
  [places.RECOVERY_KIT, 'factors.kit'],
  [places.AUTHENTICATOR, 'factors.authenticator'],
  [places.CARERS, 'carers.title'],
  [places.CHILD, 'carers.child'],
  [places.APPS, 'apps.title'],
  [places.EMERGENCY, 'emergency.title'],
  [places.JOURNAL, 'journal.title'],
  [places.SUSPICION, 'factors.suspicion'],
  [places.WATCHERS, 'account.directory'],
  [places.EXPORT, 'export.title'],
  [places.CLOSE_ACCOUNT, 'close.title'],
]
const DOORS: readonly Page[] = [
  [places.WELCOME, 'help.welcome'],
  [places.LOGIN, 'welcome.login'],
  [places.ACTIVATION, 'welcome.letter'],
  [places.RECOVERY, 'recovery.link'],
  [places.PAIR_NEW, 'pairNew.link'],
  [places.OPPOSE, 'welcome.oppose'],
]

export function HelpPage(): JSX.Element {
  const { session } = useApp()
  const inside = session.phase.value === 'in'
  return (
    <>
      <Heading title={t('help.title')} />
      <Notice icon="alert" care>
        <p>{t('help.emergency')}</p>
      </Notice>
      {GROUPS.map(([title, questions]) => (
        <section key={title}>
          <h2>{t(title)}</h2>
          {questions.map(name => (
            <details class="question" key={name}>
              <summary>{t(`help.q.${name}`)}</summary>
              <p>{t(`help.a.${name}`)}</p>
            </details>
          ))}
        </section>
      ))}
      <h2>{t('help.pages')}</h2>
      <ul>
        {(inside ? INSIDE : DOORS).map(([address, word]) => (
          <li key={address}>
            <a href={address}>{t(word)}</a>
          </li>
        ))}
        <li>
          <a href={places.ABOUT}>{t('about.title')}</a>
        </li>
        <li>
          <a href={places.ACCESSIBILITY}>{t('access.title')}</a>
        </li>
      </ul>
      <ButtonLink href={inside ? places.ACCOUNT : places.WELCOME} icon="back">
        {t('help.back')}
      </ButtonLink>
    </>
  )
}
