/** The addresses of the pages. */
export const WELCOME = '/'
export const LOGIN = '/connexion'
export const ACTIVATION = '/activation'
export const RECOVERY = '/secours'
/** On the new device: it shows a code. */
export const PAIR_NEW = '/nouvel-appareil'
export const ABOUT = '/comprendre'
export const OPPOSE = '/refus'
/** After the account was closed. */
export const CLOSED = '/ferme'
export const HELP = '/aide'
export const ACCESSIBILITY = '/accessibilite'
export const MESSAGES = '/messages'
export const RECORD = '/dossier'
export const RECORD_ADD = '/dossier/ajouter'
export const AGENDA = '/agenda'
/** An appointment that the person writes down, or changes. */
export const NOTE = '/agenda/noter'
export const ACCOUNT = '/compte'
/** On the device that has the keys. The address of a new device's QR code (`#pair/CODE`) leads here once somebody is logged in. */
export const PAIR = '/compte/nouvel-appareil'
export const YOU = '/compte/nom'
export const READING = '/compte/lecture'
export const DEVICES = '/compte/appareils'
export const PASSWORD = '/compte/mot-de-passe'
export const PASSKEYS = '/compte/cles-d-acces'
export const RECOVERY_KIT = '/compte/feuille-de-secours'
export const AUTHENTICATOR = '/compte/application-de-codes'
export const SUSPICION = '/compte/doute'
export const WATCHERS = '/compte/annuaire'
/** Who did what. */
export const JOURNAL = '/compte/journal'
/** How the person is told that a message came. */
export const NOTICES = '/compte/avis'
/** Certified apps, and what they were let do. */
export const APPS = '/compte/applications'
/** A summary for when nobody can ask. */
export const EMERGENCY = '/compte/urgence'
/** An app asks (docs/spec/protocol.md, OAuth). */
export const CONSENT = '/consent'
export const EXPORT = '/compte/emporter'
export const CLOSE_ACCOUNT = '/compte/fermer'
/** Carers and children. */
export const CARERS = '/compte/proches'
export const CHILD = '/compte/proches/lettre'
export const CARER_ADD = '/compte/proches/ajouter'
export const CARER_END = '/compte/proches/retirer'

/** In the place of a conversation's id, which is never so short. */
export const WRITE = 'ecrire'
export const conversation = (thread: string): string => `${MESSAGES}/${thread}`
export const carerEnd = (account: string): string => `${CARER_END}/${account}`
export const document = (letter: string, place: number): string => `${RECORD}/${letter}/${place}`
/** A first letter that was begun: its thread, after "?". */
export const draft = (thread: string): string => `${MESSAGES}/${WRITE}?fil=${thread}`
/** A first letter to this account. */
export const writeTo = (account: string): string => `${MESSAGES}/${WRITE}?a=${account}`
