/** How the person is told that a message came: by e-mail, on this device, when not, in which language; and what is never said. */
import type { JSX } from 'preact'
import { useCallback, useState } from 'preact/hooks'
import type { NotificationSettings } from '../../wire/notices.ts'
import { Button } from '../../ui/button.tsx'
import { DateField } from '../../ui/datefield.tsx'
import { Check, Choices } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { Aside, Notice } from '../../ui/notice.tsx'
import { t } from '../../words/words.ts'
import { useApp } from '../context.ts'
import { Failure } from '../refusals.tsx'
import { Loading } from './loading.tsx'
import { ByEmail } from './noticemail.tsx'
import { OnThisDevice } from './noticepush.tsx'
import { type SettingsProps, useSaving } from './noticesaving.ts'
import { AccountSection } from './section.tsx'
import { useLoaded } from './useloaded.ts'

export const NoticesPage = (): JSX.Element => (
  <AccountSection title={t('notices.title')} own>
    <p>{t('notices.text')}</p>
    <Notice icon="shield">
      <p>{t('notices.says')}</p>
      <p>{t('notices.never')}</p>
    </Notice>
    <Settings />
    <Aside icon="alert">{t('notices.phishing')}</Aside>
  </AccountSection>
)

function Settings(): JSX.Element {
  const { session } = useApp()
  const load = useCallback(() => session.notices.load(), [session])
  const loaded = useLoaded(load)
  const [kept, setKept] = useState<NotificationSettings>()
  const settings = kept ?? loaded.value
  if (settings === undefined) return <Loading of={loaded} />
  const props = { settings, keep: setKept }
  return (
    <>
      <ByEmail {...props} />
      <OnThisDevice />
      <QuietHours {...props} />
      <NoticeLanguage {...props} />
    </>
  )
}

const zoneHere = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone

function QuietHours({ settings, keep }: SettingsProps): JSX.Element {
  const { save, busy, error } = useSaving(keep)
  const { quiet } = settings
  const [wanted, setWanted] = useState(quiet !== null)
  const [from, setFrom] = useState(quiet?.from ?? '22:00')
  const [to, setTo] = useState(quiet?.to ?? '07:00')
  const [tried, setTried] = useState(false)
  const zone = quiet?.zone ?? zoneHere()
  const use = (value: boolean): void => {
    setWanted(value)
    if (!value && quiet !== null) save({ quiet: null })
  }
  const submit = (): void => {
    setTried(true)
    if (from !== '' && to !== '' && from !== to && !busy) save({ quiet: { from, to, zone: zoneHere() } })
  }
  const missing = (value: string): string | undefined => (tried && value === '' ? t('notices.quietMissing') : undefined)
  const same = tried && from !== '' && from === to ? t('notices.quietSame') : undefined
  return (
    <section class="apart">
      <h2>{t('notices.quiet')}</h2>
      <p>{t('notices.quietText')}</p>
      <Failure error={error} />
      <Check label={t('notices.quietUse')} checked={wanted} onValue={use} />
      {wanted && (
        <Form onSubmit={submit}>
          <DateField type="time" label={t('notices.quietFrom')} must value={from} onValue={setFrom} wrong={missing(from)} />
          <DateField type="time" label={t('notices.quietTo')} must value={to} onValue={setTo} wrong={missing(to) ?? same} />
          <p class="hint">{t('notices.quietZone', zone.replaceAll('_', ' '))}</p>
          <Button type="submit" waiting={busy}>
            {t('notices.quietSave')}
          </Button>
        </Form>
      )}
    </section>
  )
}

function NoticeLanguage({ settings, keep }: SettingsProps): JSX.Element {
  const { save, error } = useSaving(keep)
  return (
    <section class="apart">
      <h2>{t('notices.language')}</h2>
      <Failure error={error} />
      <Choices
        legend={t('notices.language')}
        tongues
        value={settings.language}
        choices={[
          ['fr', 'Français'],
          ['en', 'English'],
        ]}
        onValue={language => save({ language })}
      />
    </section>
  )
}
