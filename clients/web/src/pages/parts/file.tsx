/** A file: its name, its size, open it here, keep it. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { plainName, type Attachment } from '../../content/attachment.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icons.tsx'
import { Waiting } from '../../ui/notice.tsx'
import { Holding, type Tongue } from '../../ui/theirs.tsx'
import { fileSize } from '../../words/dates.ts'
import { t } from '../../words/words.ts'
import { useApp } from '../context.ts'
import { Failure } from '../refusals.tsx'
import { useAct } from '../useact.ts'
import { canView, Viewer } from '../viewer/viewer.tsx'

type FileViewProps = {
  readonly attachment: Attachment
  /** Of its name, of `title`, and of what it says. */
  readonly tongue: Tongue
  readonly title?: string
  /** What of `title` is not ours; all of it where this is not given. */
  readonly theirs?: string
}

export function FileView({ attachment, tongue, title, theirs }: FileViewProps): JSX.Element {
  const { session, screen } = useApp()
  const [bytes, setBytes] = useState<Uint8Array>()
  const { act, busy, error } = useAct()
  const { type, size } = attachment
  const name = plainName(attachment.name)
  const label = plainName(title ?? name)
  const open = (): void => act(async () => setBytes(await session.fetchFile(attachment)))
  const save = (): void => act(async () => screen.save(bytes ?? (await session.files.open(attachment)), name, type))
  return (
    <div class="files">
      <div class="file">
        <div class="file-head">
          <span class="file-name">
            <Icon name={type.startsWith('image/') ? 'image' : 'clip'} />
            <span>
              <Holding sentence={label} words={theirs === undefined ? label : plainName(theirs)} tongue={tongue} />
              <small>{fileSize(size)}</small>
            </span>
          </span>
          <span class="file-acts">
            {/* One button that changes: the focus stays on it. */}
            {canView(attachment) &&
              (bytes === undefined ? (
                <Button icon="open" onPress={open} waiting={busy} label={t('file.openLong', label)} expanded={false}>
                  {t('file.open')}
                </Button>
              ) : (
                <Button icon="close" onPress={() => setBytes(undefined)} label={t('file.closeLong', label)} expanded>
                  {t('file.close')}
                </Button>
              ))}
            <Button look="plain" icon="save" onPress={save} waiting={busy} label={t('file.saveLong', label)}>
              {t('file.save')}
            </Button>
          </span>
        </div>
        {busy && <Waiting>{t('file.fetching')}</Waiting>}
        <Failure error={error} />
        {bytes !== undefined && <Viewer attachment={attachment} bytes={bytes} title={label} tongue={tongue} />}
      </div>
    </div>
  )
}
