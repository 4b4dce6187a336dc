/** What every page of the account has: the way back, its heading; and, where it is about the person alone, a word when another's mailbox is open. */
import type { ComponentChildren, JSX } from 'preact'
import { Heading } from '../../ui/heading.tsx'
import { Icon } from '../../ui/icons.tsx'
import { Notice } from '../../ui/notice.tsx'
import { t } from '../../words/words.ts'
import { useApp } from '../context.ts'
import * as places from '../places.ts'
import { BackHome } from '../switcher.tsx'

type BackProps = { readonly to?: string; readonly children?: ComponentChildren }

export const Back = ({ to = places.ACCOUNT, children }: BackProps): JSX.Element => (
  <a class="back" href={to}>
    <Icon name="back" />
    {children ?? t('account.back')}
  </a>
)

type SectionProps = {
  readonly title: string
  /** It is about the person's own account: not while they act for somebody else. */
  readonly own?: boolean
  readonly children: ComponentChildren
}

export function AccountSection({ title, own = false, children }: SectionProps): JSX.Element {
  const { session } = useApp()
  return (
    <>
      <Back />
      <Heading title={title} />
      {own && session.acting.value ? <NotHere /> : children}
    </>
  )
}

/** Pages that bring headings of their own stand in it. */
export function OwnOnly({ title, children }: { readonly title: string; readonly children: ComponentChildren }): JSX.Element {
  const { session } = useApp()
  if (session.acting.value) return <AccountSection title={title} own children={null} />
  return (
    <>
      <Back />
      {children}
    </>
  )
}

const NotHere = (): JSX.Element => (
  <Notice icon="people" care>
    <p>{t('carers.ownOnly')}</p>
    <BackHome />
  </Notice>
)
