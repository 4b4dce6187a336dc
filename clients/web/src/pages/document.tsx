/** One document of the record, opened; its other versions; sending it on, putting it out of sight, deleting one's own. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { FiledDocument } from '../session/entries.ts'
import { isOwn, nameOf } from '../session/shelf.ts'
import { plainSubject } from '../session/subject.ts'
import { tongueOf } from '../session/tongue.ts'
import { Button } from '../ui/button.tsx'
import { Heading } from '../ui/heading.tsx'
import { Icon } from '../ui/icons.tsx'
import { Aside, Notice, Waiting } from '../ui/notice.tsx'
import { Sure } from '../ui/sure.tsx'
import { Theirs } from '../ui/theirs.tsx'
import { day, toDate } from '../words/dates.ts'
import { t } from '../words/words.ts'
import { announce } from './announcement.ts'
import { useApp } from './context.ts'
import { DocumentFacts, DocumentFiles, titleOf, tongueOfTitle } from './parts/record.tsx'
import * as places from './places.ts'
import { Failure } from './refusals.tsx'
import { Sharing } from './sharing.tsx'
import { useAct } from './useact.ts'

export function DocumentPage({ params }: { readonly params: Readonly<Record<string, string>> }): JSX.Element {
  const { session } = useApp()
  const filed = session.record.value.find(({ from, place }) => from.id === params['letter'] && String(place) === params['place'])
  return (
    <>
      <a class="back no-print" href={places.RECORD}>
        <Icon name="back" />
        {t('record.back')}
      </a>
      {filed === undefined && !session.loaded.value && <Waiting>{t('messages.loading')}</Waiting>}
      {filed === undefined && session.loaded.value && <Heading title={t('record.missing')} />}
      {filed !== undefined && <Opened filed={filed} key={nameOf(filed)} />}
    </>
  )
}

function Opened({ filed }: { readonly filed: FiledDocument }): JSX.Element {
  const { document, from } = filed
  const own = isOwn(filed)
  const subject = plainSubject(from.letter)
  return (
    <>
      <Heading title={titleOf(document)} tab={t('record.title')} tongue={tongueOfTitle(document, from)} />
      <DocumentFacts document={document} />
      <Announced filed={filed} />
      {own ? (
        <Aside icon="person">{t('shelf.mine')}</Aside>
      ) : (
        <Aside icon="letter">
          {t('record.cameWith')} <a href={places.conversation(from.letter.thread)}>
            {subject === '' ? t('messages.noSubject') : <Theirs tongue={tongueOf(from)}>{subject}</Theirs>}
          </a>
        </Aside>
      )}
      <Versions filed={filed} />
      <Sharing filed={filed} />
      <Hiding filed={filed} />
      {own && <Removing filed={filed} />}
    </>
  )
}

/** The clinician asked that it be explained first: it is the person's, and opens when they say so. */
function Announced({ filed }: { readonly filed: FiledDocument }): JSX.Element {
  const [open, setOpen] = useState(!filed.document.confidentiality.some(isToBeExplained))
  if (open) return <DocumentFiles document={filed.document} from={filed.from} />
  return (
    <Notice icon="people" care>
      <p>
        <b>{t('shelf.forPatientLater')}</b>
      </p>
      <p>{t('shelf.forPatientLaterText')}</p>
      <Button onPress={() => setOpen(true)}>{t('shelf.openAnyway')}</Button>
    </Notice>
  )
}

/** The gateway refuses such documents to their senders; an integrator may send one on purpose. */
const isToBeExplained = (code: string): boolean => code === 'INVISIBLE_PATIENT'

/** What it replaces, and what replaces it: of the same sender alone. */
function Versions({ filed }: { readonly filed: FiledDocument }): JSX.Element | null {
  const { session } = useApp()
  const { document, from } = filed
  const { account } = from.letter.sender
  const ofSender = session.record.value.filter(one => one.from.letter.sender.account === account)
  const newer = document.id === '' ? [] : ofSender.filter(one => one.document.replaces === document.id)
  const older = document.replaces === null ? [] : ofSender.filter(one => one.document.id === document.replaces)
  if (newer.length + older.length === 0) return null
  const line = (one: FiledDocument): JSX.Element => (
    <a href={places.document(one.from.id, one.place)}>
      <Theirs tongue={tongueOfTitle(one.document, one.from)}>{titleOf(one.document)}</Theirs>, {day(toDate(one.document.date))}
    </a>
  )
  return (
    <section class="below">
      <h2>{t('shelf.versions')}</h2>
      <ul>
        {newer.map(one => (
          <li key={nameOf(one)}>
            {t('shelf.newer')} {line(one)}
          </li>
        ))}
        {older.map(one => (
          <li key={nameOf(one)}>
            {t('shelf.older')} {line(one)}
          </li>
        ))}
      </ul>
    </section>
  )
}

function Hiding({ filed }: { readonly filed: FiledDocument }): JSX.Element {
  const { session } = useApp()
  const { shelf } = session
  const { act, busy, error } = useAct()
  const hidden = shelf.hidden.value.has(nameOf(filed))
  const turn = (): void =>
    act(async () => {
      await (hidden ? shelf.show(filed) : shelf.hide(filed))
      announce(t(hidden ? 'shelf.shown' : 'shelf.hidden'))
    })
  return (
    <section class="apart no-print">
      <Failure error={error} />
      <Button look="plain" icon={hidden ? 'open' : 'lock'} waiting={busy} onPress={turn}>
        {t(hidden ? 'shelf.show' : 'shelf.hide')}
      </Button>
      {!hidden && <p class="hint">{t('shelf.hideText')}</p>}
    </section>
  )
}

function Removing({ filed }: { readonly filed: FiledDocument }): JSX.Element {
  const { session } = useApp()
  const { route } = useLocation()
  const { act, busy, error } = useAct()
  const remove = (): void =>
    act(async () => {
      await session.shelf.remove(filed)
      announce(t('shelf.removed'))
      route(places.RECORD)
    })
  return (
    <section class="no-print">
      <Failure error={error} />
      <Sure label={t('shelf.remove')} icon="close" yes={t('shelf.removeYes')} no={t('shelf.removeNo')} waiting={busy} onYes={remove}>
        <p>{t('shelf.removeAsk')}</p>
      </Sure>
    </section>
  )
}
