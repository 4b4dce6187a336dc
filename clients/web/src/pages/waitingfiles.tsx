/** The files of an answer that is being written. */
import type { JSX } from 'preact'
import type { WaitingFile } from '../session/composer.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icons.tsx'
import { Progress } from '../ui/notice.tsx'
import { fileSize } from '../words/dates.ts'
import { t } from '../words/words.ts'
import { sentenceFor } from './refusals.tsx'

type WaitingFilesProps = { readonly files: readonly WaitingFile[]; readonly onRemove: (id: string) => void }

export function WaitingFiles({ files, onRemove }: WaitingFilesProps): JSX.Element | null {
  if (files.length === 0) return null
  return (
    <ul class="files" aria-label={t('answer.files')}>
      {files.map(file => (
        <li class="file" key={file.id}>
          <div class="file-head">
            <span class="file-name">
              <Icon name="clip" />
              <span>
                {file.name}
                <small>
                  {fileSize(file.size)}
                  {file.state.kind === 'ready' && `, ${t('answer.fileReady')}`}
                </small>
              </span>
            </span>
            <Button look="plain" icon="close" onPress={() => onRemove(file.id)} label={t('answer.removeLong', file.name)}>
              {t('answer.remove')}
            </Button>
          </div>
          {file.state.kind === 'sending' && (
            <Progress label={t('answer.sealing', file.name)} done={Math.min(1, file.state.sent / Math.max(1, file.size))} />
          )}
          {file.state.kind === 'failed' && (
            <p class="wrong" role="alert">
              {sentenceFor(file.state.error)}
            </p>
          )}
        </li>
      ))}
    </ul>
  )
}
