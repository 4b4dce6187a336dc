/** The account: a calm list of what there is, one page for each; and leaving. */
import type { JSX } from 'preact'
import { Button } from '../ui/button.tsx'
import { Heading } from '../ui/heading.tsx'
import { Row, Rows } from '../ui/rows.tsx'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import { Watchers } from './directory.tsx'
import * as places from './places.ts'
import { Failure } from './refusals.tsx'
import { useAct } from './useact.ts'

export function AccountPage(): JSX.Element {
  const { session } = useApp()
  return (
    <>
      <Heading title={t('account.title')} />
      {/* What must be decided stands first. */}
      {session.offeredWatchers.value !== undefined && <Watchers />}
      {session.acting.value ? <OfAnother /> : <OfOneself />}
      <Leaving />
    </>
  )
}

const OfOneself = (): JSX.Element => (
  <>
    <Rows title={t('account.you')}>
      <NameRow title={t('answer.name')} />
      <ReadingRow />
      <Row href={places.NOTICES} icon="letter" title={t('notices.title')} text={t('notices.line')} />
    </Rows>
    <Rows title={t('account.devices')}>
      <Row href={places.DEVICES} icon="device" title={t('devices.title')} text={t('devices.line')} />
      <Row href={places.PAIR} icon="add" title={t('pairOld.title')} text={t('pairOld.line')} />
    </Rows>
    <Rows title={t('account.opening')}>
      <Row href={places.PASSWORD} icon="lock" title={t('factors.password')} text={t('factors.passwordLine')} />
      <Row href={places.PASSKEYS} icon="key" title={t('passkeys.title')} text={t('passkeys.line')} />
      <Row href={places.RECOVERY_KIT} icon="print" title={t('factors.kit')} text={t('factors.kitLine')} />
      <Row href={places.AUTHENTICATOR} icon="clock" title={t('factors.authenticator')} text={t('factors.authenticatorLine')} />
    </Rows>
    <Rows title={t('account.people')}>
      <Row href={places.CARERS} icon="people" title={t('carers.title')} text={t('carers.line')} />
      <Row href={places.CHILD} icon="letterOpen" title={t('carers.child')} text={t('carers.childLine')} />
    </Rows>
    <Rows title={t('account.apps')}>
      <Row href={places.APPS} icon="device" title={t('apps.title')} text={t('apps.line')} />
      <Row href={places.EMERGENCY} icon="alert" title={t('emergency.title')} text={t('emergency.line')} />
    </Rows>
    <Rows title={t('account.doubt')}>
      <Row href={places.JOURNAL} icon="clock" title={t('journal.title')} text={t('journal.line')} />
      <Row href={places.SUSPICION} icon="alert" title={t('factors.suspicion')} text={t('factors.suspicionLine')} />
      <Row href={places.WATCHERS} icon="shield" title={t('account.directory')} text={t('account.directoryLine')} />
    </Rows>
    <Rows title={t('account.helping')}>
      <Row href={places.HELP} icon="maybe" title={t('help.title')} text={t('help.line')} />
      <Row href={places.ABOUT} icon="info" title={t('about.title')} text={t('account.aboutLine')} />
      <Row href={places.ACCESSIBILITY} icon="person" title={t('access.title')} text={t('access.line')} />
    </Rows>
    <Rows title={t('account.ending')}>
      <Row href={places.EXPORT} icon="save" title={t('export.title')} text={t('export.line')} />
      <Row href={places.CLOSE_ACCOUNT} icon="close" title={t('close.title')} text={t('close.line')} />
    </Rows>
  </>
)

/** Of a mailbox that the person holds: no devices, no password of its own. */
const OfAnother = (): JSX.Element => (
  <>
    <Rows title={t('account.ofAnother')}>
      <NameRow title={t('account.nameOther')} />
      <Row href={places.CARERS} icon="people" title={t('carers.carersOther')} text={t('carers.carersOtherLine')} />
      <Row href={places.RECOVERY_KIT} icon="print" title={t('factors.kitOther')} text={t('factors.kitLine')} />
      <Row href={places.JOURNAL} icon="clock" title={t('journal.title')} text={t('journal.line')} />
      <Row href={places.EXPORT} icon="save" title={t('export.title')} text={t('export.line')} />
      <Row href={places.CLOSE_ACCOUNT} icon="close" title={t('close.titleOther')} text={t('close.lineOther')} />
    </Rows>
    <Rows title={t('account.you')}>
      <ReadingRow />
    </Rows>
    <p>{t('account.ownElsewhere')}</p>
  </>
)

function NameRow({ title }: { readonly title: string }): JSX.Element {
  const { session } = useApp()
  return <Row href={places.YOU} icon="person" title={title} text={session.ownName() || t('account.noName')} />
}

const ReadingRow = (): JSX.Element => (
  <Row href={places.READING} icon="text" title={t('account.reading')} text={t('account.readingLine')} />
)

function Leaving(): JSX.Element {
  const { login } = useApp()
  const { act, busy, error } = useAct()
  return (
    <section class="apart">
      <h2>{t('account.device')}</h2>
      <p>{t('account.deviceText')}</p>
      <Failure error={error} />
      <Button icon="leave" waiting={busy} onPress={() => act(() => login.leave())}>
        {t('account.leave')}
      </Button>
    </section>
  )
}
