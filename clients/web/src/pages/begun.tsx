/** The code was right: whose account it is, what comes next, and what to have at hand. Nobody has to hurry. */
import type { JSX } from 'preact'
import { Button } from '../ui/button.tsx'
import { Heading } from '../ui/heading.tsx'
import { Notice } from '../ui/notice.tsx'
import { t } from '../words/words.ts'

type BegunProps = {
  readonly title: string
  readonly name: string
  /** What the person should know before going on. */
  readonly note?: string
  readonly onNext: () => void
}

export const Begun = ({ title, name, note, onNext }: BegunProps): JSX.Element => (
  <>
    <Heading title={title} />
    <dl class="facts">
      <dt>{t('login.name')}</dt>
      <dd>
        <strong>{name}</strong>
      </dd>
    </dl>
    <p>{t('activation.ahead')}</p>
    <ol>
      <li>{t('activation.ahead1')}</li>
      <li>{t('activation.ahead2')}</li>
      <li>{t('activation.ahead3')}</li>
    </ol>
    <p>{t('activation.aheadHave')}</p>
    {note !== undefined && (
      <Notice>
        <p>{note}</p>
      </Notice>
    )}
    <Button look="main" onPress={onNext}>
      {t('activation.begin')}
    </Button>
  </>
)
