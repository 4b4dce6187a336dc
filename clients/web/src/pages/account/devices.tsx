/** The person's devices: which there are, what they are called, and ending their sessions. */
import type { JSX } from 'preact'
import { useCallback, useState } from 'preact/hooks'
import type { DeviceEntry } from '../../session/devices.ts'
import { ButtonLink } from '../../ui/button.tsx'
import { Sure } from '../../ui/sure.tsx'
import { day } from '../../words/dates.ts'
import { t } from '../../words/words.ts'
import { announce } from '../announcement.ts'
import { useConfirm } from '../confirm.tsx'
import { useApp } from '../context.ts'
import * as places from '../places.ts'
import { Failure } from '../refusals.tsx'
import { useAct } from '../useact.ts'
import { Loading } from './loading.tsx'
import { Rename } from './rename.tsx'
import { AccountSection } from './section.tsx'
import { useLoaded } from './useloaded.ts'

export const DevicesPage = (): JSX.Element => (
  <AccountSection title={t('devices.title')} own>
    <p>{t('devices.text')}</p>
    <List />
  </AccountSection>
)

function List(): JSX.Element {
  const { session } = useApp()
  const load = useCallback(() => session.devices.list(), [session])
  const devices = useLoaded(load)
  const others = devices.value?.filter(({ current }) => !current) ?? []
  return (
    <>
      <Loading of={devices} />
      <ul class="cards">
        {devices.value?.map(device => (
          <Device key={device.id} device={device} onChanged={devices.again} />
        ))}
      </ul>
      <ButtonLink href={places.PAIR} icon="add">
        {t('pairOld.title')}
      </ButtonLink>
      {others.length > 0 && <Others onChanged={devices.again} />}
    </>
  )
}

type DeviceProps = { readonly device: DeviceEntry; readonly onChanged: () => Promise<void> }

const nameOf = ({ name, current }: DeviceEntry): string =>
  name === undefined || name === '' ? t(current ? 'devices.unnamedHere' : 'devices.unnamed') : name

function Device({ device, onChanged }: DeviceProps): JSX.Element {
  const { session } = useApp()
  const { id, current, createdAt, lastSeen } = device
  const name = nameOf(device)
  const rename = async (given: string): Promise<void> => {
    await session.devices.rename(id, given)
    await onChanged()
    announce(t('devices.renamed'))
  }
  return (
    <li class="card">
      <h2>
        {name} {current && <span class="mark mark-yes">{t('devices.current')}</span>}
      </h2>
      <dl class="facts">
        {!current && (
          <>
            <dt>{t('devices.lastSeen')}</dt>
            <dd>{day(new Date(lastSeen))}</dd>
          </>
        )}
        <dt>{t('devices.since')}</dt>
        <dd>{day(new Date(createdAt))}</dd>
      </dl>
      <div class="card-acts">
        <Rename
          button={t('devices.rename')}
          long={t('devices.renameLong', name)}
          label={t('devices.name')}
          hint={t('devices.nameHint')}
          name={device.name ?? ''}
          onName={rename}
        />
        {!current && <SignOut device={device} onChanged={onChanged} />}
      </div>
    </li>
  )
}

function SignOut({ device, onChanged }: DeviceProps): JSX.Element {
  const { session } = useApp()
  const { act, busy, error } = useAct()
  const { confirmed, dialog } = useConfirm()
  const name = nameOf(device)
  const end = (): void =>
    act(() =>
      confirmed(async () => {
        await session.devices.signOut(device.id)
        await onChanged()
        announce(t('devices.signedOut', name))
      }),
    )
  return (
    <>
      <Failure error={error} />
      <Sure
        label={t('devices.signOut')}
        long={t('devices.signOutLong', name)}
        icon="leave"
        yes={t('devices.signOutYes')}
        no={t('confirm.no')}
        waiting={busy}
        onYes={end}
      >
        <p>{t('devices.signOutAsk', name)}</p>
      </Sure>
      {dialog}
    </>
  )
}

function Others({ onChanged }: { readonly onChanged: () => Promise<void> }): JSX.Element {
  const { session } = useApp()
  const { act, busy, error } = useAct()
  const { confirmed, dialog } = useConfirm()
  const [done, setDone] = useState(false)
  const end = (): void =>
    act(() =>
      confirmed(async () => {
        await session.devices.signOutOthers()
        setDone(true)
        announce(t('devices.othersDone'))
        await onChanged()
      }),
    )
  return (
    <section class="apart">
      <h2>{t('devices.others')}</h2>
      <p>{t('devices.othersText')}</p>
      <p>
        <a href={places.SUSPICION}>{t('devices.suspicion')}</a>
      </p>
      <Failure error={error} />
      {!done && (
        <Sure label={t('devices.others')} icon="leave" yes={t('devices.othersYes')} no={t('confirm.no')} waiting={busy} onYes={end}>
          <p>{t('devices.othersAsk')}</p>
        </Sure>
      )}
      {dialog}
    </section>
  )
}
