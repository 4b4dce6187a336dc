/** How each kind of part looks on screen: one line and one file for each. */
import type { JSX } from 'preact'
import type { Part } from '../../content/kinds.ts'
import type { Arrived } from '../../session/entries.ts'
import { tongueOf } from '../../session/tongue.ts'
import { Notice } from '../../ui/notice.tsx'
import { t } from '../../words/words.ts'
import { FileView } from './file.tsx'
import { InvitationView } from './invitation.tsx'
import { RecordView } from './record.tsx'

type PartViewProps = { readonly part: Part; readonly entry: Arrived; readonly place: number }

export function PartView({ part, entry, place }: PartViewProps): JSX.Element | null {
  switch (part.kind) {
    case 'file':
      return <FileView attachment={part.file} tongue={tongueOf(entry)} />
    case 'record.document':
      return <RecordView document={part} entry={entry} place={place} />
    case 'agenda.invitation':
      return <InvitationView invitation={part} own={entry.box === 'out'} />
    case 'receipt':
      return null
    case 'unknown':
      return (
        <Notice>
          <p>{t('part.unknown')}</p>
        </Notice>
      )
  }
}
