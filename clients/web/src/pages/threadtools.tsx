/** What one does with a whole exchange: print it, keep its files, put it away, label it. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { LABEL_LENGTH } from '../session/filing.ts'
import type { Thread } from '../session/entries.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { Mark } from '../ui/notice.tsx'
import { t } from '../words/words.ts'
import { announce } from './announcement.ts'
import { useApp } from './context.ts'
import * as places from './places.ts'
import { Failure } from './refusals.tsx'
import { useAct } from './useact.ts'

/** Where there is little room, one is there at once and the others are a press away: never three lines before the letter. */
export function ThreadTools({ thread }: { readonly thread: Thread }): JSX.Element {
  const { session, screen } = useApp()
  const { route } = useLocation()
  const { act, busy, error } = useAct()
  const [more, setMore] = useState(false)
  const [labelling, setLabelling] = useState(false)
  const away = session.filing.isArchived(thread)
  const archive = (): void => {
    session.filing.archive(thread, !away)
    announce(t(away ? 'thread.backDone' : 'thread.awayDone'))
    if (!away) route(places.MESSAGES)
  }
  const download = (): void =>
    act(async () => {
      const { zipFiles } = await import('../session/archive.ts')
      screen.save(await zipFiles(thread.letters, session.files), `${t('thread.fileName')}.zip`, 'application/zip')
    })
  return (
    <div class="thread-tools no-print">
      <Labels thread={thread} labelling={labelling} />
      <div class="buttons">
        <Button look="plain" icon="archive" onPress={archive}>
          {t(away ? 'thread.back' : 'thread.away')}
        </Button>
        <span class="thread-more">
          <Button look="plain" icon="more" expanded={more} onPress={() => setMore(!more)} label={t('thread.moreLong')}>
            {t('thread.more')}
          </Button>
        </span>
        <div class={more ? 'thread-rest thread-rest-open' : 'thread-rest'}>
          <Button look="plain" icon="tag" expanded={labelling} onPress={() => setLabelling(!labelling)}>
            {t('thread.label')}
          </Button>
          {thread.files && (
            <Button look="plain" icon="save" waiting={busy} onPress={download}>
              {t(busy ? 'thread.saving' : 'thread.save')}
            </Button>
          )}
          <Button look="plain" icon="print" onPress={screen.print}>
            {t('conversation.print')}
          </Button>
        </div>
      </div>
      <Failure error={error} />
    </div>
  )
}

function Labels({ thread, labelling }: { readonly thread: Thread; readonly labelling: boolean }): JSX.Element | null {
  const { session } = useApp()
  const [name, setName] = useState('')
  const [missing, setMissing] = useState(false)
  const labels = session.filing.labelsOf(thread.id)
  const others = session.filing.allLabels().filter(one => !labels.includes(one))
  if (labels.length === 0 && !labelling) return null
  const submit = (): void => {
    setMissing(name.trim() === '')
    if (name.trim() === '') return
    session.filing.label(thread.id, name, true)
    setName('')
  }
  return (
    <div class="labels">
      {!labelling && labels.map(one => <Mark key={one} icon="tag">{one}</Mark>)}
      {labelling && (
        <>
          <div class="buttons" role="group" aria-label={t('thread.label')}>
            {[...labels, ...others].map(one => (
              <Button
                key={one}
                look="plain"
                icon="tag"
                pressed={labels.includes(one)}
                onPress={() => session.filing.label(thread.id, one, !labels.includes(one))}
              >
                {one}
              </Button>
            ))}
          </div>
          <Form class="labels-new" onSubmit={submit}>
            <TextField
              label={t('thread.newLabel')}
              must
              value={name}
              onValue={setName}
              maxLength={LABEL_LENGTH}
              wrong={missing && name.trim() === '' ? t('field.nameMissing') : undefined}
            />
            <Button type="submit" icon="add">
              {t('thread.addLabel')}
            </Button>
          </Form>
        </>
      )}
    </div>
  )
}
