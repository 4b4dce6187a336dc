/** What stands above the messages until it is done: who may open the mailbox after a recovery, and a key box that is not taken. */
import type { JSX } from 'preact'
import { Button, ButtonLink } from '../ui/button.tsx'
import { Notice } from '../ui/notice.tsx'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import * as places from './places.ts'

/** The region stands there from the start: what is put into it later is announced (WCAG 2.2, 4.1.3). */
export function StandingNotices(): JSX.Element {
  const { session } = useApp()
  return (
    <div role="status">
      {session.unkept.value && <Unkept />}
      {session.carers.review.value && <Review />}
    </div>
  )
}

const Unkept = (): JSX.Element => (
  <Notice icon="alert" care>
    <p>
      <strong>{t('standing.unkeptTitle')}</strong>
    </p>
    <p>{t('standing.unkept')}</p>
  </Notice>
)

const Review = (): JSX.Element => (
  <Notice icon="people" care>
    <p>
      <strong>{t('standing.reviewTitle')}</strong>
    </p>
    <p>{t('standing.review')}</p>
    <ButtonLink href={places.CARERS}>{t('standing.reviewSee')}</ButtonLink>
  </Notice>
)

/** Beside the list itself: whoever read it says so. */
export function Reviewed(): JSX.Element | null {
  const { session } = useApp()
  if (!session.carers.review.value) return null
  return (
    <Notice icon="people" care>
      <p>{t('standing.reviewHere')}</p>
      <Button onPress={() => session.carers.reviewed()}>{t('standing.reviewed')}</Button>
    </Notice>
  )
}
