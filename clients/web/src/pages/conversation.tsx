/** One conversation: what was written, who can read it, and the answer. */
import { Fragment, type JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { Known } from '../session/aim.ts'
import { keyChanges, type KeyChange } from '../session/keychanges.ts'
import { gaps, type Arrived, type Thread, type Unreadable } from '../session/entries.ts'
import { askedAbout, isReceipt, receipts, type Told } from '../session/receipts.ts'
import { tongueOf, tongueOfSubject } from '../session/tongue.ts'
import { Heading } from '../ui/heading.tsx'
import { Icon } from '../ui/icons.tsx'
import { Aside, Notice, Waiting } from '../ui/notice.tsx'
import { day, dayAndTime, enumerate, toDate } from '../words/dates.ts'
import { t } from '../words/words.ts'
import { Answer } from './answer.tsx'
import { useApp } from './context.ts'
import { Markup } from './markup.tsx'
import { PartView } from './parts/partview.tsx'
import { SaidText } from './saidtext.tsx'
import * as places from './places.ts'
import { ReadReceipt } from './readreceipt.tsx'
import { reasonWords } from './reasons.ts'
import { ThreadTools } from './threadtools.tsx'

export function Conversation({ id }: { readonly id: string }): JSX.Element {
  const { session } = useApp()
  const thread = session.thread(id)
  const closed = session.unreadable.value.find(entry => entry.id === id)
  return (
    <>
      <a class="back no-print" href={places.MESSAGES}>
        <Icon name="back" />
        {t('conversation.back')}
      </a>
      {thread !== undefined ? <Letters thread={thread} /> : closed === undefined ? <Missing /> : <Closed entry={closed} />}
    </>
  )
}

function Missing(): JSX.Element {
  const { session } = useApp()
  if (!session.loaded.value) return <Waiting>{t('messages.loading')}</Waiting>
  return (
    <>
      <Heading title={t('conversation.missing')} />
      <p>{t('conversation.missingText')}</p>
    </>
  )
}

/** Why a letter does not open, and what to do. */
const Closed = ({ entry }: { readonly entry: Unreadable }): JSX.Element => (
  <>
    <Heading title={t('closed.title')} />
    <p>{t('closed.came', dayAndTime(toDate(entry.receivedAt)))}</p>
    <Notice icon="alert" care>
      <p>{reasonWords(entry.reason)}</p>
    </Notice>
  </>
)

function Letters({ thread }: { readonly thread: Thread }): JSX.Element {
  const { session } = useApp()
  const incomplete = gaps(thread.letters)
  const told = receipts(thread.letters)
  const asked = askedAbout(thread.letters)
  const changes = keyChanges(thread.letters, session.lines.value)
  useEffect(() => {
    session.filing.markRead(thread.letters.filter(({ box }) => box === 'in').map(({ letter }) => letter.message))
  }, [thread.letters, session])
  const answerable = thread.letters.findLast(({ box, letter }) => box === 'in' && !isReceipt(letter))
  return (
    <>
      {thread.subject === '' ? (
        <Heading title={t('messages.noSubject')} tab={t('messages.open')} />
      ) : (
        <Heading title={thread.subject} tab={t('messages.open')} tongue={tongueOfSubject(thread)} />
      )}
      <div class="readers">
        <Aside icon="people">{readers(thread, session.account, session.people.value)}</Aside>
        {isMail(thread) && <Aside icon="lock">{t('conversation.mssante')}</Aside>}
      </div>
      <ThreadTools thread={thread} />
      {thread.letters.map(entry => (
        <Fragment key={entry.id}>
          <Changes of={changes} before={entry.id} />
          {!isReceipt(entry.letter) && <LetterView entry={entry} gap={incomplete.has(entry.id)} told={told.get(entry.letter.message)} />}
          {asked.has(entry.letter.message) && <ReadReceipt read={entry} />}
        </Fragment>
      ))}
      <Changes of={changes} before={null} />
      {answerable !== undefined && <Answer key={thread.id} answers={answerable} />}
    </>
  )
}

const isMail = ({ letters }: Thread): boolean => letters.some(({ letter }) => letter.mail !== null)

/** Names come from the letters themselves; whoever never wrote here is only counted. */
function readers({ letters }: Thread, own: string, people: readonly Known[]): string {
  const accounts = new Set(letters.flatMap(({ letter }) => letter.recipients.map(({ account }) => account)))
  const writers = letters.map(({ letter }) => [letter.sender.account, letter.sender.name || letter.sender.address] as const)
  const names = new Map([...people.map(({ account, name }) => [account, name] as const), ...writers])
  for (const { letter } of letters) accounts.add(letter.sender.account)
  accounts.delete(own)
  const known = [...accounts].flatMap(account => names.get(account) ?? [])
  const others = accounts.size - known.length
  return t('conversation.readers', enumerate([...known, ...(others > 0 ? [t('conversation.others', others)] : []), t('conversation.you')]))
}

type ChangesProps = { readonly of: readonly KeyChange[]; readonly before: string | null }

/** Who replaced their keys says nothing bad; who suspects the old ones is worth a call. */
const Changes = ({ of, before }: ChangesProps): JSX.Element => (
  <>
    {of
      .filter(change => change.before === before)
      .map(({ account, name, at, suspected }) =>
        suspected ? (
          <Notice key={`${account} ${at}`} icon="alert" care>
            <p>{t('conversation.keysSuspected', name, day(toDate(at)))}</p>
          </Notice>
        ) : (
          <Aside key={`${account} ${at}`} icon="info">
            {t('conversation.keysChanged', name, day(toDate(at)))}
          </Aside>
        ),
      )}
  </>
)

/** Whether the directory that the writer saw is another one than that of this page. */
function useDoubt({ letter: { checkpoint } }: Arrived): boolean {
  const { session } = useApp()
  return checkpoint !== null && session.doubted.value.has(`${checkpoint.size} ${checkpoint.root}`)
}

type LetterViewProps = { readonly entry: Arrived; readonly gap: boolean; readonly told: Told | undefined }

function LetterView({ entry, gap, told }: LetterViewProps): JSX.Element {
  const { letter, box, receivedAt } = entry
  const tongue = tongueOf(entry)
  const name = box === 'out' ? t('conversation.ownLetter') : letter.sender.name || letter.sender.address
  const when = dayAndTime(toDate(receivedAt))
  const doubted = useDoubt(entry)
  const label = box === 'out' ? t('conversation.ownLetterOf', when) : t('conversation.letterOf', name, when)
  return (
    <article class={box === 'out' ? 'letter letter-own' : 'letter'} aria-label={label}>
      {gap && (
        <Notice icon="alert" care>
          <p>{t('conversation.gap')}</p>
        </Notice>
      )}
      {doubted && (
        <Notice icon="alert" care>
          <p>{t('conversation.doubted')}</p>
        </Notice>
      )}
      {entry.warnings.includes('staleKeyUsed') && (
        <Notice icon="alert" care>
          <p>{t(box === 'out' ? 'conversation.staleKeyOwn' : 'conversation.staleKey')}</p>
        </Notice>
      )}
      <div class="letter-head">
        <div>
          <h2>{name}</h2>
          {box === 'in' && letter.sender.name !== '' && <p>{letter.sender.address}</p>}
        </div>
        <p>
          <time dateTime={receivedAt}>{when}</time>
        </p>
      </div>
      {letter.html === null ? <SaidText text={letter.text} tongue={tongue} /> : <Markup html={letter.html} text={letter.text} tongue={tongue} />}
      {letter.parts.map((part, place) => (
        <PartView key={place} part={part} entry={entry} place={place} />
      ))}
      {box === 'out' && <Aside icon="yes">{becameOf(told)}</Aside>}
    </article>
  )
}

/** What a person asks first: did it arrive, was it read. */
function becameOf(told: Told | undefined): string {
  if (told === undefined) return t('conversation.sent')
  return t(told.event === 'read' ? 'conversation.read' : 'conversation.delivered', dayAndTime(toDate(told.at)))
}
