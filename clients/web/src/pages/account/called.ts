/** What people are called here, and their account numbers as they are read aloud. Pure, but for the language. */
import { t } from '../../words/words.ts'

/** The name that the person gave; else the end of the account number. */
export const called = ({ account, name }: { readonly account: string; readonly name: string }): string =>
  name !== '' ? name : t('carers.unnamed', account.slice(-4))

export const inFours = (text: string): string => text.replace(/....(?!$)/g, '$& ')

/** An account number as somebody typed or pasted it. */
export const accountOf = (typed: string): string => typed.replace(/[\s.-]/g, '').toLowerCase()
