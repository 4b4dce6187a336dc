/** Rows of the access log in words (docs/spec/protocol.md, AccessLogEntry). Pure. */
import { groups } from '../../content/groups.ts'
import type { AccessLogEntry } from '../../wire/types.ts'
import { t, type PlainWord } from '../../words/words.ts'

const ACTS: Readonly<Record<string, PlainWord>> = {
  enrol: 'journal.act.enrol',
  login: 'journal.act.login',
  logout: 'journal.act.logout',
  activate: 'journal.act.activate',
  adopt: 'journal.act.adopt',
  recover: 'journal.act.recover',
  refresh: 'journal.act.refresh',
  confirm: 'journal.act.confirm',
  factors: 'journal.act.factors',
  keybox: 'journal.act.keybox',
  delegate: 'journal.act.delegate',
  undelegate: 'journal.act.undelegate',
  'end device': 'journal.act.device',
  pairing: 'journal.act.pairing',
  send: 'journal.act.send',
  destroy: 'journal.act.destroy',
  contact: 'journal.act.contact',
  resolve: 'journal.act.resolve',
  oppose: 'journal.act.oppose',
  close: 'journal.act.close',
  reopen: 'journal.act.reopen',
  erase: 'journal.act.erase',
  grant: 'journal.act.grant',
  'revoke grant': 'journal.act.revokeGrant',
  consent: 'journal.act.consent',
  token: 'journal.act.token',
  'revoke token': 'journal.act.revokeToken',
  'emergency grant': 'journal.act.emergencyGrant',
  'revoke emergency grant': 'journal.act.revokeEmergencyGrant',
  emergency: 'journal.act.emergency',
  notices: 'journal.act.notices',
  push: 'journal.act.push',
  directory: 'journal.act.directory',
  webhook: 'journal.act.webhook',
  'add certificate': 'journal.act.certificate',
  catalogue: 'journal.act.catalogue',
  'add bridge': 'journal.act.created',
  'add station': 'journal.act.created',
}

const ACTORS: Readonly<Record<string, PlainWord>> = {
  owner: 'journal.by.owner',
  delegate: 'journal.by.delegate',
  bridge: 'journal.by.bridge',
  station: 'journal.by.station',
  operator: 'journal.by.operator',
  relay: 'journal.by.relay',
  professional: 'journal.by.professional',
  organisation: 'journal.by.professional',
  app: 'journal.by.app',
}

/** An act of a later version is shown by its own word: a log that leaves something out is none. */
export function actOf({ action }: AccessLogEntry): string {
  const word = ACTS[action] ?? (action.startsWith('pairing') ? ACTS['pairing'] : undefined)
  return word === undefined ? t('journal.act.other', action) : t(word)
}

/** What came of it, where that is more than that it was done; an outcome without words here is a refusal. */
const OUTCOMES: Readonly<Record<string, PlainWord>> = {
  reused: 'journal.outcome.reused',
  removed: 'journal.outcome.removed',
  off: 'journal.outcome.off',
  unconscious: 'journal.outcome.unconscious',
  emergencyCall: 'journal.outcome.emergencyCall',
  other: 'journal.outcome.other',
}

/** Undefined for what was simply done. */
export const outcomeOf = ({ outcome }: AccessLogEntry): string | undefined =>
  outcome === 'done' ? undefined : t(OUTCOMES[outcome] ?? 'journal.failed')

/** Acts by which somebody comes in. Whoever did one was not logged in before it, which would read like a break-in. */
const ENTRIES: ReadonlySet<string> = new Set(['login', 'activate', 'adopt', 'recover'])

/** `people`: what the person calls accounts. */
export function actorOf({ actor, action, by, outcome }: AccessLogEntry, people: ReadonlyMap<string, string>): string {
  if (actor === 'anyone' && outcome === 'done' && ENTRIES.has(action)) return t('journal.by.entering')
  const name = by === null ? undefined : people.get(by)
  return name ?? t(ACTORS[actor] ?? 'journal.by.anyone')
}

/** The rows of each day, in their order. */
export function byDay(rows: readonly AccessLogEntry[]): readonly (readonly [Date, readonly AccessLogEntry[]])[] {
  const days = groups(rows, ({ at }) => new Date(at).toDateString())
  return [...days.values()].flatMap(group => (group[0] === undefined ? [] : [[new Date(group[0].at), group] as const]))
}
