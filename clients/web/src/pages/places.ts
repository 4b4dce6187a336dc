/** The addresses of the pages. */
export const WELCOME = '/'
export const LOGIN = '/connexion'
export const ACTIVATION = '/activation'
export const ABOUT = '/comprendre'
export const MESSAGES = '/messages'
export const RECORD = '/dossier'
export const AGENDA = '/agenda'
export const ACCOUNT = '/compte'

export const conversation = (thread: string): string => `${MESSAGES}/${thread}`
export const document = (letter: string, place: number): string => `${RECORD}/${letter}/${place}`
