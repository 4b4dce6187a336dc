/** It is done: said aloud, with what changed by it, and the way on. */
import type { ComponentChildren, JSX } from 'preact'
import { ButtonLink } from '../../ui/button.tsx'
import { Heading } from '../../ui/heading.tsx'
import { Notice } from '../../ui/notice.tsx'
import { t } from '../../words/words.ts'
import * as places from '../places.ts'

type DoneProps = { readonly title: string; readonly to?: string; readonly way?: string; readonly children: ComponentChildren }

export const Done = ({ title, to = places.ACCOUNT, way, children }: DoneProps): JSX.Element => (
  <>
    <Heading title={title} />
    <Notice icon="yes">{children}</Notice>
    <ButtonLink href={to} look="main">
      {way ?? t('account.back')}
    </ButtonLink>
  </>
)
