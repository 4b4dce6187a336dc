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
      <h2>{t('help.more')}</h2>
      <ul>
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
