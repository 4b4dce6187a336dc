/** Send a document of the record on to somebody who cares for the person: to whom, with which words, and what it means. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { FiledDocument } from '../session/entries.ts'
import { Button } from '../ui/button.tsx'
import { TextArea } from '../ui/textarea.tsx'
import { Form } from '../ui/form.tsx'
import { Aside, Waiting } from '../ui/notice.tsx'
import { t } from '../words/words.ts'
import { announce } from './announcement.ts'
import { useApp } from './context.ts'
import { titleOf } from './parts/record.tsx'
import { Recipient } from './recipient.tsx'
import { Failure } from './refusals.tsx'
import { useAct } from './useact.ts'

export function Sharing({ filed }: { readonly filed: FiledDocument }): JSX.Element {
  const [open, setOpen] = useState(false)
  return (
    <section class="no-print">
      <Button icon="send" expanded={open} onPress={() => setOpen(!open)}>
        {t('shelf.share')}
      </Button>
      {open && <SharingForm filed={filed} onDone={() => setOpen(false)} />}
    </section>
  )
}

type SharingFormProps = { readonly filed: FiledDocument; readonly onDone: () => void }

function SharingForm({ filed, onDone }: SharingFormProps): JSX.Element {
  const { session } = useApp()
  const people = session.reachablePeople()
  const title = titleOf(filed.document)
  const [account, setAccount] = useState(people.length === 1 ? (people[0]?.account ?? '') : '')
  const [text, setText] = useState(() => t('shelf.shareFirst', title))
  const [tried, setTried] = useState(false)
  const { act, busy, error } = useAct()
  const chosen = people.find(one => one.account === account)
  if (people.length === 0) return <p>{t('shelf.shareNobody')}</p>
  const submit = (): void => {
    setTried(true)
    if (chosen === undefined || busy) return
    act(async () => {
      await session.shelf.share(filed, chosen, title, text)
      announce(t('shelf.shared', chosen.name))
      onDone()
    })
  }
  return (
    <Form onSubmit={submit}>
      <h2>{t('shelf.shareTitle')}</h2>
      <p>{t('shelf.shareText')}</p>
      <Failure error={error} />
      <Recipient
        people={people}
        chosen={chosen}
        wrong={tried && chosen === undefined ? t('shelf.shareMissing') : undefined}
        onChoose={one => setAccount(one ?? '')}
      />
      <TextArea label={t('shelf.shareMessage')} must={false} value={text} onValue={setText} rows={4} />
      {chosen?.byMail === true && <Aside icon="lock">{t('shelf.shareMssante')}</Aside>}
      <Button type="submit" look="main" icon="send" waiting={busy}>
        {t('shelf.shareDo')}
      </Button>
      {busy && <Waiting>{t('shelf.sharing')}</Waiting>}
    </Form>
  )
}
