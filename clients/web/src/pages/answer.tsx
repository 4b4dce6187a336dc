/** Write back, where that is possible, and why where it is not. */
import type { JSX } from 'preact'
import type { Arrived } from '../session/entries.ts'
import { Aside, Notice } from '../ui/notice.tsx'
import { dayAndTime, toDate } from '../words/dates.ts'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import { WritingForm } from './writingform.tsx'

export function Answer({ answers }: { readonly answers: Arrived }): JSX.Element {
  const { session } = useApp()
  const { letter } = answers
  const name = letter.sender.name || letter.sender.address
  const when = dayAndTime(toDate(answers.receivedAt))
  const may = session.mayAnswer(letter.sender.account)
  return (
    <section class="answer no-print" aria-label={t('answer.title')}>
      <h2>{t('answer.title')}</h2>
      {may === false ? (
        <Notice icon="lock">
          <p>{t('answer.closedLong', name)}</p>
          <p>{t('answer.closedMeans')}</p>
        </Notice>
      ) : (
        <>
          <Aside icon="answer">{t('answer.possible', name)}</Aside>
          <WritingForm
            thread={letter.thread}
            label={t('answer.text')}
            byMail={letter.mail !== null}
            onSend={() => session.submit(answers, t('answer.wrote', name.replace(/\s+/gu, ' '), when))}
          />
        </>
      )}
    </section>
  )
}
