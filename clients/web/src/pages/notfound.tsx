/** An address where there is nothing. */
import type { JSX } from 'preact'
import { ButtonLink } from '../ui/button.tsx'
import { Heading } from '../ui/heading.tsx'
import { t } from '../words/words.ts'
import { WELCOME } from './places.ts'

export const NotFound = (): JSX.Element => (
  <>
    <Heading title={t('notFound.title')} />
    <p>{t('notFound.text')}</p>
    <ButtonLink href={WELCOME}>{t('notFound.back')}</ButtonLink>
  </>
)
