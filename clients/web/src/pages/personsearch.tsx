/** Somebody by name, town or profession: those whom the person knows first, then whoever lets themselves be found. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { fold, wordsOf } from '../search/fold.ts'
import type { Known } from '../session/aim.ts'
import type { Listed } from '../session/register.ts'
import { FRENCH } from '../session/tongue.ts'
import { Combobox, type ComboOption } from '../ui/combobox.tsx'
import { isRefusal } from '../wire/errors.ts'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'

const SHOWN = 8 // of those who are known: more are narrowed by typing
const PAUSE = 250 // milliseconds after the last sign: the relay is not asked for each

type PersonSearchProps = {
  readonly label: string
  readonly hint: string
  readonly people: readonly Known[]
  /** What stands below somebody of the directory. */
  readonly note: (entry: Listed) => string
  /** Whom of the directory it is about; everybody where it is not given. */
  readonly only?: (entry: Listed) => boolean
  readonly wrong: string | undefined
  readonly onKnown: (account: string) => void
  readonly onListed: (entry: Listed) => void
}

export function PersonSearch({ label, hint, people, note, only, wrong, onKnown, onListed }: PersonSearchProps): JSX.Element {
  const [typed, setTyped] = useState('')
  const { listed, asking, failed } = useListed(typed)
  const words = wordsOf(typed)
  const known = people.filter(({ name, address }) => words.every(word => fold(`${name} ${address}`).includes(word))).slice(0, SHOWN)
  const others = listed.filter(one => (only?.(one) ?? true) && !people.some(({ account }) => account === one.id))
  // Whoever is known is also found by what the directory says of them: their town, say.
  const foundKnown = people.filter(one => listed.some(({ id }) => id === one.account) && !known.includes(one))
  const options: readonly ComboOption[] = [
    ...[...known, ...foundKnown].map(({ account, name, address }) => ({ id: account, icon: 'person' as const, title: name, lines: [{ text: address }] })),
    ...others.map(entry => ({
      id: entry.id,
      icon: entry.kind === 'organisation' ? ('people' as const) : ('person' as const),
      title: entry.name,
      lines: [{ text: describe(entry), tongue: FRENCH }, { text: note(entry) }].filter(({ text }) => text !== ''),
    })),
  ]
  const pick = (id: string): void => {
    setTyped('')
    const entry = others.find(one => one.id === id)
    if (entry === undefined) onKnown(id)
    else onListed(entry)
  }
  return (
    <>
      <Combobox {...{ label, hint, options, wrong }} must listLabel={t('find.list')} value={typed} onValue={setTyped} onPick={pick} />
      <p class="find-status" role="status">
        {typed.trim() === '' || asking ? '' : failed ? t('find.failed') : options.length === 0 ? t('find.noOne') : t('find.count', options.length)}
      </p>
    </>
  )
}

/** "Pneumologue, CHU de Lyon, Lyon". */
export const describe = ({ profession, specialty, organisation, city }: Listed): string =>
  [specialty ?? profession, organisation, city].filter(said => said !== null && said !== '').join(', ')

type Found = { readonly typed: string; readonly listed: readonly Listed[]; readonly failed: boolean }

/** What the directory has for what is typed, once the typing rests. A directory that does not answer takes nothing away. */
function useListed(typed: string): { readonly listed: readonly Listed[]; readonly asking: boolean; readonly failed: boolean } {
  const { session } = useApp()
  const [found, setFound] = useState<Found>({ typed: '', listed: [], failed: false })
  useEffect(() => {
    let over = false
    const ask = async (): Promise<void> => {
      const answer = await session.register.find(typed).catch((error: unknown) => {
        if (isRefusal(error)) return undefined
        throw error
      })
      if (!over) setFound({ typed, listed: answer ?? [], failed: answer === undefined })
    }
    const waiting = setTimeout(() => void ask(), typed === '' ? 0 : PAUSE)
    return () => {
      over = true
      clearTimeout(waiting)
    }
  }, [typed, session])
  const isFresh = found.typed === typed
  return { listed: isFresh ? found.listed : [], asking: !isFresh, failed: isFresh && found.failed }
}
