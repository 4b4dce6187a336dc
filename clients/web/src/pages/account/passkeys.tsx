/** Passkeys: opening the account with the finger, the face or the code of a device. Made, named, removed. */
import type { JSX } from 'preact'
import { useCallback, useState } from 'preact/hooks'
import type { Passkey } from '../../session/passkey.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { Notice, Waiting } from '../../ui/notice.tsx'
import { Sure } from '../../ui/sure.tsx'
import { day } from '../../words/dates.ts'
import { t } from '../../words/words.ts'
import { announce } from '../announcement.ts'
import { useConfirm } from '../confirm.tsx'
import { useApp } from '../context.ts'
import { Failure } from '../refusals.tsx'
import { useAct } from '../useact.ts'
import { Loading } from './loading.tsx'
import { Rename } from './rename.tsx'
import { AccountSection } from './section.tsx'
import { useLoaded } from './useloaded.ts'

const MOST = 16 // passkeys that the relay keeps for one account (docs/spec/login.md)

export const PasskeysPage = (): JSX.Element => (
  <AccountSection title={t('passkeys.title')} own>
    <p>{t('passkeys.text')}</p>
    <p>{t('passkeys.beside')}</p>
    <List />
  </AccountSection>
)

function List(): JSX.Element {
  const { session } = useApp()
  const load = useCallback(
    async () => ({ list: await session.passkeys.list(), can: await session.passkeys.available() }),
    [session],
  )
  const passkeys = useLoaded(load)
  const { list = [], can = false } = passkeys.value ?? {}
  return (
    <>
      <Loading of={passkeys} />
      {passkeys.value !== undefined && list.length === 0 && <p class="told">{t('passkeys.none')}</p>}
      <ul class="cards">
        {list.map(one => (
          <One key={one.credential} passkey={one} onChanged={passkeys.again} />
        ))}
      </ul>
      {passkeys.value !== undefined && <Adding can={can} full={list.length >= MOST} onChanged={passkeys.again} />}
    </>
  )
}

type OneProps = { readonly passkey: Passkey; readonly onChanged: () => Promise<void> }

function One({ passkey, onChanged }: OneProps): JSX.Element {
  const { session } = useApp()
  const { act, busy, error } = useAct()
  const { confirmed, dialog } = useConfirm()
  const name = passkey.name === '' ? t('passkeys.unnamed') : passkey.name
  const rename = async (given: string): Promise<void> => {
    await session.passkeys.rename(passkey.credential, given)
    await onChanged()
  }
  const remove = (): void =>
    act(() =>
      confirmed(async () => {
        await session.passkeys.remove(passkey.credential)
        await onChanged()
        announce(t('passkeys.removed'))
      }),
    )
  return (
    <li class="card">
      <h2>{name}</h2>
      {passkey.since !== '' && <p>{t('passkeys.since', day(new Date(passkey.since)))}</p>}
      <div class="card-acts">
        <Rename
          button={t('devices.rename')}
          long={t('devices.renameLong', name)}
          label={t('passkeys.name')}
          hint={t('passkeys.nameHint')}
          name={passkey.name}
          onName={rename}
        />
        <Failure error={error} />
        <Sure
          label={t('passkeys.remove')}
          long={t('passkeys.removeLong', name)}
          icon="close"
          yes={t('passkeys.removeYes')}
          no={t('confirm.no')}
          waiting={busy}
          onYes={remove}
        >
          <p>{t('passkeys.removeAsk', name)}</p>
        </Sure>
      </div>
      {dialog}
    </li>
  )
}

type AddingProps = { readonly can: boolean; readonly full: boolean; readonly onChanged: () => Promise<void> }

function Adding({ can, full, onChanged }: AddingProps): JSX.Element {
  const { session } = useApp()
  const [name, setName] = useState('')
  const [tried, setTried] = useState(false)
  const { act, busy, error } = useAct()
  const { confirmed, dialog } = useConfirm()
  const missing = name.trim() === ''
  if (!can || full) {
    return (
      <Notice>
        <p>{t(full ? 'passkeys.full' : 'passkeys.cannot')}</p>
      </Notice>
    )
  }
  const add = (): void => {
    setTried(true)
    if (missing || busy) return
    act(() =>
      confirmed(async () => {
        await session.passkeys.add(name.trim())
        setName('')
        setTried(false)
        await onChanged()
        announce(t('passkeys.added'))
      }),
    )
  }
  return (
    <section class="apart">
      <h2>{t('passkeys.add')}</h2>
      <Form onSubmit={add}>
        <p>{t('passkeys.addText')}</p>
        <Failure error={error} />
        <TextField
          label={t('passkeys.name')}
          must
          hint={t('passkeys.nameHint')}
          value={name}
          onValue={setName}
          autocomplete="off"
          maxLength={60}
          wrong={tried && missing ? t('passkeys.nameMissing') : undefined}
        />
        <Button type="submit" look="main" icon="key" waiting={busy}>
          {t('passkeys.addDo')}
        </Button>
        {busy && <Waiting>{t('passkeys.asking')}</Waiting>}
      </Form>
      {dialog}
    </section>
  )
}
