/** Language and text size, of this browser alone. */
import type { JSX } from 'preact'
import { Choices } from '../../ui/field.tsx'
import { t } from '../../words/words.ts'
import { useApp } from '../context.ts'
import { AccountSection } from './section.tsx'

export function ReadingPage(): JSX.Element {
  const { preferences } = useApp()
  return (
    <AccountSection title={t('account.reading')}>
      <p>{t('account.readingText')}</p>
      <Choices
        legend={t('account.language')}
        tongues
        value={preferences.language.value}
        choices={[
          ['fr', 'Français'],
          ['en', 'English'],
        ]}
        onValue={language => preferences.speak(language)}
      />
      <Choices
        legend={t('account.textSize')}
        value={preferences.textSize.value}
        choices={[
          ['normal', t('account.textNormal')],
          ['large', t('account.textLarge')],
          ['largest', t('account.textLargest')],
        ]}
        onValue={size => preferences.enlarge(size)}
      />
    </AccountSection>
  )
}
