/** One more person who may open the mailbox that is open: by account number, and only after comparing the fingerprint. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { isAccount } from '../../crypto/shape.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { Heading } from '../../ui/heading.tsx'
import { Notice, Waiting } from '../../ui/notice.tsx'
import { isRefusal } from '../../wire/errors.ts'
import { t } from '../../words/words.ts'
import { useConfirm } from '../confirm.tsx'
import { useApp } from '../context.ts'
import type { Said } from '../distrust.ts'
import * as places from '../places.ts'
import { Failure } from '../refusals.tsx'
import { useAct } from '../useact.ts'
import { accountOf } from './called.ts'
import { Done } from './done.tsx'
import { Back } from './section.tsx'

type Found = { readonly account: string; readonly name: string; readonly fingerprint: string }

export function CarerAddPage(): JSX.Element {
  const [found, setFound] = useState<Found>()
  const [done, setDone] = useState(false)
  return (
    <>
      <Back to={places.CARERS}>{t('carers.toCarers')}</Back>
      {found === undefined ? (
        <Asking onFound={setFound} />
      ) : done ? (
        <Done title={t('carers.added')} to={places.CARERS} way={t('carers.toCarers')}>
          <p>{t('carers.addedText', found.name)}</p>
        </Done>
      ) : (
        <Comparing found={found} onDone={() => setDone(true)} onBack={() => setFound(undefined)} />
      )}
    </>
  )
}

function Asking({ onFound }: { readonly onFound: (found: Found) => void }): JSX.Element {
  const { session } = useApp()
  const [name, setName] = useState('')
  const [number, setNumber] = useState('')
  const [tried, setTried] = useState(false)
  const { act, busy, error } = useAct()
  const account = accountOf(number)
  const [noName, wrongNumber] = [name.trim() === '', !isAccount(account)]
  const submit = (): void => {
    setTried(true)
    if (noName || wrongNumber || busy) return
    act(async () => onFound({ ...(await session.carers.find(account)), name: name.trim() }))
  }
  return (
    <Form onSubmit={submit}>
      <Heading title={t('carers.add')} />
      <Failure error={error} here={notFound} />
      <p>{t(session.acting.value ? 'carers.addTextOther' : 'carers.addText')}</p>
      <Notice icon="alert" care>
        <p>{t('carers.addCare')}</p>
      </Notice>
      <TextField
        label={t('carers.name')}
        must
        hint={t('carers.nameHint')}
        value={name}
        onValue={setName}
        autocomplete="off"
        maxLength={60}
        wrong={tried && noName ? t('carers.nameMissing') : undefined}
      />
      <TextField
        label={t('carers.theirNumber')}
        must
        hint={t('carers.theirNumberHint')}
        value={number}
        onValue={setNumber}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        wrong={tried && wrongNumber ? t('carers.theirNumberWrong') : undefined}
      />
      <Button type="submit" look="main" waiting={busy}>
        {t('activation.next')}
      </Button>
      {busy && <Waiting>{t('carers.finding')}</Waiting>}
    </Form>
  )
}

type ComparingProps = { readonly found: Found; readonly onDone: () => void; readonly onBack: () => void }

function Comparing({ found, onDone, onBack }: ComparingProps): JSX.Element {
  const { session } = useApp()
  const { act, busy, error } = useAct()
  const { confirmed, dialog } = useConfirm()
  const add = (): void =>
    act(() =>
      confirmed(async () => {
        await session.carers.add(found.account, found.name)
        onDone()
      }),
    )
  return (
    <>
      <Heading title={t('carers.compareTitle', found.name)} tab={t('carers.title')} />
      <Failure error={error} here={notFound} />
      <p>{t('carers.compare', found.name)}</p>
      <p class="kept">{found.fingerprint}</p>
      <Notice icon="alert" care>
        <p>{t('carers.compareCare')}</p>
      </Notice>
      <div class="buttons">
        <Button look="main" waiting={busy} onPress={add}>
          {t('carers.addYes')}
        </Button>
        <Button look="plain" onPress={onBack}>
          {t('carers.addNo')}
        </Button>
      </div>
      {busy && <Waiting>{t('factors.changing')}</Waiting>}
      {dialog}
    </>
  )
}

const notFound = (error: unknown): Said | undefined =>
  isRefusal(error, 'recipientNotFound') ? ['carers.unknown', 'carers.unknownText'] : undefined
