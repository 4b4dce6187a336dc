/** The log-in name, and the name that others see. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { t } from '../../words/words.ts'
import { announce } from '../announcement.ts'
import { useApp } from '../context.ts'
import { AccountSection } from './section.tsx'

export function YouPage(): JSX.Element {
  const { session, login } = useApp()
  const [name, setName] = useState(() => session.ownName())
  const [saved, setSaved] = useState(false)
  const [missing, setMissing] = useState(false)
  const title = t(session.acting.value ? 'account.nameOther' : 'answer.name')
  const save = (): void => {
    const empty = name.trim() === ''
    setMissing(empty)
    if (empty) return
    session.personal.setName(name.trim())
    setSaved(true)
    announce(t('account.nameSaved'))
  }
  return (
    <AccountSection title={title}>
      {!session.acting.value && (
        <dl class="facts">
          <dt>{t('login.name')}</dt>
          <dd>{login.lastName()}</dd>
        </dl>
      )}
      <Form onSubmit={save}>
        <TextField
          label={title}
          must
          hint={t('answer.nameHint')}
          value={name}
          onValue={setName}
          autocomplete={session.acting.value ? 'off' : 'name'}
          wrong={missing && name.trim() === '' ? t('field.nameMissing') : undefined}
        />
        <Button type="submit" look="main">
          {t('account.saveName')}
        </Button>
      </Form>
      {saved && <p class="told">{t('account.nameSaved')}</p>}
    </AccountSection>
  )
}
