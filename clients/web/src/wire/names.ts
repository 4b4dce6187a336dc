/** The names of capabilities and doors (docs/spec/protocol.md): constants of the project, not of one operator. */

export const CORE = 'urn:ietf:params:jmap:core'
const NAMESPACE = 'https://pli.example/ns'
export const ACCOUNT = `${NAMESPACE}/account/1`
export const KEYS = `${NAMESPACE}/keys/1`
export const SEALED = `${NAMESPACE}/sealed/1`
/** Whom one may find; only where the relay has it. */
export const DIRECTORY = `${NAMESPACE}/directory/1`
export const VAPID = 'urn:ietf:params:jmap:webpush-vapid' // RFC 9749
export const EVERYONE = [CORE, ACCOUNT, KEYS, SEALED] as const
export const PROBLEMS = 'https://pli.example/problems/'
export const JMAP_ERRORS = 'urn:ietf:params:jmap:error:'

export const WELL_KNOWN = '/.well-known/jmap'
export const API = '/jmap/api'
export const EVENTS = '/jmap/events?types=*&closeafter=no&ping=30'
export const CHALLENGE = '/auth/challenge'
export const LOGIN = '/auth/login'
export const TOTP = '/auth/totp'
export const BOX = '/auth/box'
export const ACTIVATE = '/auth/activate'
export const CONFIRM = '/auth/confirm'
export const FACTORS = '/auth/factors'
export const RECOVER = '/auth/recover'
export const ADOPT = '/auth/adopt'
export const OPPOSE = '/auth/oppose'
export const CLOSE = '/auth/close'
export const PAIRING_BEGIN = '/auth/pairing/begin'
export const PAIRING_POLL = '/auth/pairing/poll'
export const PAIRING_FIND = '/auth/pairing/find'
export const PAIRING_HELLO = '/auth/pairing/hello'
export const PAIRING_GRANT = '/auth/pairing/grant'
export const PAIRING_END = '/auth/pairing/end'
export const PAIRING_CLAIM = '/auth/pairing/claim'
export const CATALOGUE = '/catalogue'
export const CONSENT = '/oauth/consent'
export const REFRESH = '/auth/refresh'
export const LOGOUT = '/auth/logout'
export const LOG_POLICY = '/log/policy'
export const LOG_CHECKPOINT = '/log/checkpoint'

/** The factors of an account that one acts for. */
export const factorsOf = (account: string): string => `${FACTORS}?account=${account}`

export const upload = (account: string): string => `/jmap/upload/${account}`

/** A sealed blob has no name and no type that the relay could know: both are constants. */
export const download = (account: string, blob: string): string =>
  `/jmap/download/${account}/${blob}/sealed?type=application/octet-stream`
