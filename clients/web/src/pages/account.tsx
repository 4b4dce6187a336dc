/** The account: the name that others see, language, text size, leaving, and who can see what. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../ui/button.tsx'
import { Choices, TextField } from '../ui/field.tsx'
import { Heading } from '../ui/heading.tsx'
import { t } from '../words/words.ts'
import { Secrecy } from './about.tsx'
import { announce } from './announcement.ts'
import { useApp } from './context.ts'
import { Failure } from './refusals.tsx'
import { useAct } from './useact.ts'

export const AccountPage = (): JSX.Element => (
  <>
    <Heading title={t('account.title')} />
    <Name />
    <Reading />
    <Leaving />
    <section class="card">
      <h2>{t('about.title')}</h2>
      <Secrecy />
    </section>
  </>
)

function Name(): JSX.Element {
  const { session, login } = useApp()
  const [name, setName] = useState(session.ownName())
  const save = (event: Event): void => {
    event.preventDefault()
    session.personal.setName(name.trim())
    announce(t('account.nameSaved'))
  }
  return (
    <section class="card">
      <h2>{t('account.you')}</h2>
      <dl class="facts">
        <dt>{t('login.name')}</dt>
        <dd>{login.lastName()}</dd>
      </dl>
      <form onSubmit={save}>
        <TextField label={t('answer.name')} hint={t('answer.nameHint')} value={name} onValue={setName} autocomplete="name" />
        <Button type="submit">{t('account.saveName')}</Button>
      </form>
    </section>
  )
}

function Reading(): JSX.Element {
  const { preferences } = useApp()
  return (
    <section class="card">
      <h2>{t('account.reading')}</h2>
      <Choices
        legend={t('account.language')}
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
    </section>
  )
}

function Leaving(): JSX.Element {
  const { login } = useApp()
  const { act, busy, error } = useAct()
  return (
    <section class="card">
      <h2>{t('account.device')}</h2>
      <p>{t('account.deviceText')}</p>
      <Failure error={error} />
      <Button icon="leave" waiting={busy} onPress={() => act(() => login.leave())}>
        {t('account.leave')}
      </Button>
    </section>
  )
}
