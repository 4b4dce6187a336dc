/** The directory of keys: who watches it, and whether the person accepts a change there. */
import type { JSX } from 'preact'
import { t } from '../../words/words.ts'
import { Watchers } from '../directory.tsx'
import { AccountSection } from './section.tsx'

export const WatchersPage = (): JSX.Element => (
  <AccountSection title={t('account.directory')}>
    <Watchers />
  </AccountSection>
)
