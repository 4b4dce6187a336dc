/** Appointments as iTIP (RFC 5546), and the agenda as the fold of all invitations of one sender and uid. */
import { groups } from './groups.ts'
import type { PartKind } from './part.ts'
import { date, day, either, integer, list, localTime, nullable, object, oneOf, refuse, such, text } from './shape.ts'

export type Moment = { readonly date: string } | { readonly at: string; readonly zone: string }
export type Person = { readonly address: string; readonly name: string }
export type Answer = 'ACCEPTED' | 'DECLINED' | 'TENTATIVE'
export type Attendee = Person & { readonly partstat: 'NEEDS-ACTION' | Answer }

export type Invitation = {
  readonly kind: 'agenda.invitation'
  readonly attendees: readonly Attendee[]
  readonly description: string
  readonly end: Moment | null
  readonly location: string
  readonly method: 'REQUEST' | 'REPLY' | 'CANCEL' | 'COUNTER'
  readonly organizer: Person
  readonly recurrence: string | null
  /** Starts that the rule leaves out (EXDATE). */
  readonly excluded?: readonly Moment[]
  /** About this occurrence of the series alone (RECURRENCE-ID). */
  readonly instance?: Moment
  readonly sequence: number
  readonly stamp: string
  readonly start: Moment
  readonly summary: string
  readonly uid: string
}

const TEXT = text(65_536)
const NAME = text(255)
const ADDRESS = text(254)
const moment = either(
  object<{ date: string }>({ date: day }),
  object<{ at: string; zone: string }>({ at: localTime, zone: text(64) }),
)

const MEMBERS = {
  attendees: list(
    object<Attendee>({
      address: ADDRESS,
      name: NAME,
      partstat: oneOf('NEEDS-ACTION', 'ACCEPTED', 'DECLINED', 'TENTATIVE'),
    }),
    200,
  ),
  description: TEXT,
  end: nullable(moment),
  kind: oneOf('agenda.invitation'),
  location: TEXT,
  method: oneOf('REQUEST', 'REPLY', 'CANCEL', 'COUNTER'),
  organizer: object<Person>({ address: ADDRESS, name: NAME }),
  recurrence: nullable(TEXT),
  sequence: integer(0),
  stamp: date,
  start: moment,
  summary: TEXT,
  uid: such(text(255), value => value !== ''),
} as const

const excluded = such(list(moment, 366), found => found.length > 0)

/** The shape with those of the two members that may be missing which are there. */
function fromJson(raw: unknown): Invitation {
  const has = (name: string): boolean => typeof raw === 'object' && raw !== null && Object.hasOwn(raw, name)
  const found = object<Invitation>({
    ...MEMBERS,
    ...(has('excluded') ? { excluded } : {}),
    ...(has('instance') ? { instance: moment } : {}),
  })(raw)
  const { start, recurrence, instance } = found
  if (found.excluded?.some(each => 'date' in each !== 'date' in start)) return refuse('days where times are')
  if (recurrence === null ? found.excluded !== undefined : instance !== undefined) return refuse('an exception to no rule')
  return found
}

export const agendaKind: PartKind<Invitation> = {
  kind: 'agenda.invitation',
  fromJson,
  toJson: part => part,
  title: part => part.summary,
  attachments: () => [],
}

/** One appointment as it stands after all that was said about it. */
export type Appointment = {
  readonly invitation: Invitation
  readonly state: 'pending' | 'accepted' | 'declined' | 'tentative' | 'cancelled'
  /** When it was before the last change; undefined while the time never changed. */
  readonly movedFrom: Moment | undefined
  /** Another time that the reader proposed and nobody answered yet. */
  readonly proposed: Invitation | undefined
}

/** An invitation, the account whose letter carried it, whether that is the reader's own, and who got the letter. */
export type Said = {
  readonly invitation: Invitation
  readonly account: string
  readonly own: boolean
  readonly recipients: readonly string[]
}

const later = (left: Invitation, right: Invitation): boolean =>
  left.sequence !== right.sequence ? left.sequence > right.sequence : left.stamp > right.stamp

const newest = (invitations: readonly Invitation[]): Invitation | undefined =>
  invitations.reduce<Invitation | undefined>(
    (best, one) => (best === undefined || later(one, best) ? one : best),
    undefined,
  )

const ANSWERED = { ACCEPTED: 'accepted', DECLINED: 'declined', TENTATIVE: 'tentative' } as const

/** One appointment: the highest REQUEST or CANCEL wins, own answers of that or a later sequence apply. */
function settle(asking: readonly Said[], series: Invitation | undefined, answers: readonly Said[]): Appointment | undefined {
  const asked = newest(asking.map(({ invitation }) => invitation))
  if (asked === undefined || isEnded(asked, series)) return undefined
  const movedFrom = movedBefore(asking, asked)
  const ended = series?.method === 'CANCEL' && !later(asked, series)
  if (asked.method === 'CANCEL' || ended) return { invitation: asked, state: 'cancelled', movedFrom, proposed: undefined }
  if (asking.every(isForOneself)) return { invitation: asked, state: 'accepted', movedFrom: undefined, proposed: undefined }
  const said = newest(answers.map(({ invitation }) => invitation).filter(({ sequence }) => sequence >= asked.sequence))
  if (said?.method === 'COUNTER') return { invitation: asked, state: 'pending', movedFrom, proposed: said }
  const partstat = said?.attendees[0]?.partstat ?? 'NEEDS-ACTION'
  const state = partstat === 'NEEDS-ACTION' ? 'pending' : ANSWERED[partstat]
  return { invitation: asked, state, movedFrom, proposed: undefined }
}

/** The time that the version before had, where it was another one. */
function movedBefore(asking: readonly Said[], asked: Invitation): Moment | undefined {
  const before = newest(asking.map(({ invitation }) => invitation).filter(one => later(asked, one)))
  return before !== undefined && instant(before.start) !== instant(asked.start) ? before.start : undefined
}

/** An appointment of one's own: in one's own letter that nobody else got (docs/spec/content.md, Letters to oneself). */
const isForOneself = ({ account, own, recipients }: Said): boolean => own && recipients.every(one => one === account)

/** A change of one occurrence, and the whole series was asked for anew after it (RFC 5546, 2.1.4). */
const isEnded = (asked: Invitation, series: Invitation | undefined): boolean =>
  asked.instance !== undefined && series?.method === 'REQUEST' && series.sequence > asked.sequence

/** Which occurrence of a series it is about; empty: all of it. */
export const occurrence = ({ instance }: Invitation): string =>
  instance === undefined ? '' : 'date' in instance ? instance.date : `${instance.at} ${instance.zone}`

const isAsking = ({ method }: Invitation): boolean => method === 'REQUEST' || method === 'CANCEL'

/** The reader's answer to what one account asked: another's reply, or one that went to somebody else, is none. */
const isAnswerTo = ({ invitation, own, recipients }: Said, asked: Said): boolean =>
  own &&
  (invitation.method === 'REPLY' || invitation.method === 'COUNTER') &&
  invitation.uid === asked.invitation.uid &&
  occurrence(invitation) === occurrence(asked.invitation) &&
  recipients.includes(asked.account)

/**
 * All appointments of these invitations, the earliest first.
 *
 * An appointment is of the account that asked: the same uid from another account is another one, and changes nothing here.
 */
export function fold(said: readonly Said[]): readonly Appointment[] {
  const asking = said.filter(one => (!one.own || isForOneself(one)) && isAsking(one.invitation))
  const series = groups(asking, ({ account, invitation }) => `${account} ${invitation.uid}`)
  return [...series.values()]
    .flatMap(group => {
      const parts = groups(group, ({ invitation }) => occurrence(invitation))
      const whole = newest((parts.get('') ?? []).map(({ invitation }) => invitation))
      return [...parts.values()].flatMap(
        asked => settle(asked, whole, said.filter(one => asked[0] !== undefined && isAnswerTo(one, asked[0]))) ?? [],
      )
    })
    .sort((left, right) => instant(left.invitation.start) - instant(right.invitation.start))
}

/** The answer to an invitation: exactly one attendee, the one who answers. */
export const reply = (invitation: Invitation, who: Person, partstat: Answer, now: Date): Invitation => ({
  ...invitation,
  method: 'REPLY',
  attendees: [{ address: who.address, name: who.name, partstat }],
  stamp: `${now.toISOString().slice(0, 19)}Z`,
})

/** Another time, proposed by the one who answers (RFC 5546, 3.2.7). */
export const counter = (invitation: Invitation, who: Person, start: Moment, end: Moment | null, now: Date): Invitation => ({
  ...reply(invitation, who, 'TENTATIVE', now),
  method: 'COUNTER',
  start,
  end,
})

/** Milliseconds since 1970 of a moment; an all-day one starts at midnight where the reader is. */
export function instant(moment: Moment): number {
  if ('date' in moment) return new Date(`${moment.date}T00:00:00`).getTime()
  const asUtc = Date.parse(`${moment.at}Z`)
  // The offset at the guessed instant, then once more at the corrected one: right on both sides of a clock change.
  const guess = asUtc - zoneOffset(asUtc, moment.zone)
  return asUtc - zoneOffset(guess, moment.zone)
}

/** Milliseconds that a zone is ahead of UTC at an instant; an unknown zone counts as the reader's own. */
export function zoneOffset(at: number, zone: string): number {
  const parts = Object.fromEntries(
    formatter(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000
}

function formatter(zone: string): Intl.DateTimeFormat {
  const fields = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const
  try {
    return new Intl.DateTimeFormat('en-US', { ...fields, hourCycle: 'h23', timeZone: zone })
  } catch {
    return new Intl.DateTimeFormat('en-US', { ...fields, hourCycle: 'h23' })
  }
}
