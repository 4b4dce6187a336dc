/** An appointment: what, when and where in words; yes, perhaps or no; and what was answered. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { instant, occurrence, type Answer, type Invitation } from '../../content/agenda.ts'
import { toIcs } from '../../content/ics.ts'
import { isNoted } from '../../session/diary.ts'
import type { AgendaEntry } from '../../session/entries.ts'
import { tongueOf } from '../../session/tongue.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icons.tsx'
import { Aside, Mark } from '../../ui/notice.tsx'
import { Theirs, type Tongue } from '../../ui/theirs.tsx'
import { dayAndTime, shortMonth, span } from '../../words/dates.ts'
import { t, type PlainWord } from '../../words/words.ts'
import { useApp } from '../context.ts'
import { NotedActs } from './noted.tsx'
import { Proposing } from './proposing.tsx'

type InvitationViewProps = { readonly invitation: Invitation; readonly own: boolean }

export function InvitationView({ invitation, own }: InvitationViewProps): JSX.Element {
  const { session } = useApp()
  const entry = session.agenda.value.find(one => one.invitation === invitation)
  if (own) return <OwnAnswer invitation={invitation} />
  if (entry === undefined) {
    return <Aside icon="agenda">{t(invitation.method === 'REQUEST' ? 'invitation.replaced' : 'invitation.other')}</Aside>
  }
  return <AppointmentCard entry={entry} />
}

const SAID: Readonly<Record<string, PlainWord>> = {
  ACCEPTED: 'invitation.youAccepted',
  DECLINED: 'invitation.youDeclined',
  TENTATIVE: 'invitation.youTentative',
}

const OwnAnswer = ({ invitation }: { readonly invitation: Invitation }): JSX.Element => (
  <Aside icon="agenda">{t(SAID[invitation.attendees[0]?.partstat ?? ''] ?? 'invitation.other')}</Aside>
)

/** Where an appointment stands in its page: a uid alone may be of two senders, or of several days of one series. */
export const anchorOf = ({ from, invitation }: AgendaEntry): string =>
  `rdv-${from.letter.sender.account}-${invitation.uid}${occurrence(invitation)}`

export function AppointmentCard({ entry }: { readonly entry: AgendaEntry }): JSX.Element {
  const { screen, session } = useApp()
  const { invitation, state, movedFrom, proposed } = entry
  const noted = isNoted(entry)
  const tongue = tongueOf(entry.from)
  const keep = (): void =>
    screen.save(new TextEncoder().encode(toIcs([entry], session.reminder.value)), `${t('invitation.fileName')}.ics`, 'text/calendar')
  return (
    <section
      class={state === 'pending' ? 'card card-care' : 'card'}
      id={anchorOf(entry)}
      aria-label={t('invitation.of', invitation.summary)}
    >
      <div class="when">
        <Leaf at={new Date(instant(invitation.start))} />
        <div class="when-text">
          <h3 lang={invitation.summary === '' ? undefined : tongue}>{invitation.summary || t('invitation.noTitle')}</h3>
          <Facts invitation={invitation} noted={noted} tongue={tongue} />
          {movedFrom !== undefined && <p class="fact">{t('propose.moved', dayAndTime(new Date(instant(movedFrom))))}</p>}
          <p>{noted ? <Mark icon="person">{t('diary.own')}</Mark> : <StateMark state={state} />}</p>
          {proposed !== undefined && <p class="fact">{t('propose.proposed', dayAndTime(new Date(instant(proposed.start))))}</p>}
        </div>
      </div>
      {invitation.description !== '' && <div class="letter-text" lang={tongue}>{invitation.description}</div>}
      {noted && <NotedActs entry={entry} />}
      {!noted && state !== 'cancelled' && <Choice entry={entry} />}
      <Button look="plain" icon="save" onPress={keep} label={t('invitation.saveLong', invitation.summary)}>
        {t('invitation.save')}
      </Button>
    </section>
  )
}

const Leaf = ({ at }: { readonly at: Date }): JSX.Element => (
  <div class="leaf" aria-hidden="true">
    <span>{shortMonth(at)}</span>
    <b>{at.getDate()}</b>
  </div>
)

type FactsProps = { readonly invitation: Invitation; readonly noted: boolean; readonly tongue: Tongue }

function Facts({ invitation, noted, tongue }: FactsProps): JSX.Element {
  const { start, end, location, organizer, recurrence } = invitation
  const allDay = 'date' in start
  const last = end === null ? undefined : new Date(instant(end) - (allDay ? 86_400_000 : 0))
  return (
    <>
      <p>
        <strong>{span(new Date(instant(start)), last, allDay)}</strong>
      </p>
      {recurrence !== null && <p>{t('invitation.repeats')}</p>}
      {location !== '' && (
        <p class="fact">
          <Icon name="place" /> <Theirs tongue={tongue}>{location}</Theirs>
        </p>
      )}
      {!noted && (
        <p class="fact">
          <Icon name="person" /> {t('invitation.with', organizer.name || organizer.address)}
        </p>
      )}
    </>
  )
}

const STATES = {
  pending: ['care', 'maybe', 'invitation.pending'],
  accepted: ['yes', 'yes', 'invitation.youAccepted'],
  declined: [undefined, 'no', 'invitation.youDeclined'],
  tentative: ['care', 'maybe', 'invitation.youTentative'],
  cancelled: ['care', 'alert', 'invitation.cancelled'],
} as const

function StateMark({ state }: { readonly state: AgendaEntry['state'] }): JSX.Element {
  const [look, icon, word] = STATES[state]
  return (
    <Mark {...(look === undefined ? {} : { look })} icon={icon}>
      {t(word)}
    </Mark>
  )
}

const CHOICES = [
  ['ACCEPTED', 'accepted', 'yes', 'invitation.accept', 'invitation.sayAccepted'],
  ['TENTATIVE', 'tentative', 'maybe', 'invitation.maybe', 'invitation.sayTentative'],
  ['DECLINED', 'declined', 'no', 'invitation.decline', 'invitation.sayDeclined'],
] as const

/** While nothing was answered all three stand there; afterwards the answer can be changed. */
function Choice({ entry }: { readonly entry: AgendaEntry }): JSX.Element | null {
  const { session } = useApp()
  const [busy, setBusy] = useState(false)
  const [changing, setChanging] = useState(false)
  const { invitation, state } = entry
  if (session.mayAnswer(entry.from.letter.sender.account) === false) return <Aside icon="lock">{t('answer.closed')}</Aside>
  if (state !== 'pending' && !changing) {
    return (
      <Button look="plain" onPress={() => setChanging(true)}>
        {t('invitation.change')}
      </Button>
    )
  }
  const say = (answer: Answer, sentence: string): void => {
    setBusy(true)
    void session.respond(entry, answer, sentence).then(() => {
      setBusy(false)
      setChanging(false)
    })
  }
  const when = dayAndTime(new Date(instant(invitation.start)))
  return (
    <>
    <div class="buttons" role="group" aria-label={t('invitation.answer')}>
      {CHOICES.filter(([, chosen]) => chosen !== state).map(([answer, chosen, icon, word, sentence]) => (
        <Button
          key={answer}
          look={chosen === 'accepted' ? 'main' : 'other'}
          icon={icon}
          waiting={busy}
          onPress={() => say(answer, t(sentence, invitation.summary, when))}
        >
          {t(word)}
        </Button>
      ))}
    </div>
    <Proposing entry={entry} onDone={() => setChanging(false)} />
    </>
  )
}
