/** To whom: what is typed narrows the list of those who may be written to; the one who is chosen can be changed. */
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { fold, wordsOf } from '../search/fold.ts'
import type { Known } from '../session/aim.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { Icon } from '../ui/icons.tsx'
import { t } from '../words/words.ts'

const SHOWN = 8 // names at once: more are narrowed by typing

type RecipientProps = {
  readonly people: readonly Known[]
  readonly chosen: Known | undefined
  readonly wrong: string | undefined
  readonly onChoose: (account: string | null) => void
}

export function Recipient({ people, chosen, wrong, onChoose }: RecipientProps): JSX.Element {
  const [typed, setTyped] = useState('')
  const there = useRef<HTMLDivElement>(null)
  const moved = useRef(false)
  // Whoever chose, or wants to change, goes on from here: the button that was pressed is gone.
  useEffect(() => {
    if (moved.current) there.current?.querySelector<HTMLElement>('button, input')?.focus()
    moved.current = false
  }, [chosen])
  const choose = (account: string | null): void => {
    moved.current = true
    setTyped('')
    onChoose(account)
  }
  if (chosen !== undefined) {
    return (
      <div class="recipient" ref={there}>
        <p class="recipient-one">
          <Icon name="person" />
          <span>
            {t('compose.to')} <strong>{chosen.name}</strong>
            <small>{chosen.address}</small>
          </span>
        </p>
        <Button look="plain" onPress={() => choose(null)} label={t('compose.changeLong', chosen.name)}>
          {t('compose.change')}
        </Button>
      </div>
    )
  }
  const words = wordsOf(typed)
  const found = people.filter(({ name, address }) => words.every(word => fold(`${name} ${address}`).includes(word)))
  return (
    <div class="recipient-search" ref={there}>
      <TextField label={t('compose.toSearch')} hint={t('compose.toHint')} value={typed} onValue={setTyped} autocomplete="off" wrong={wrong} />
      <p class="unseen" role="status">
        {typed === '' ? '' : t('compose.foundPeople', found.length)}
      </p>
      <ul class="rows" aria-label={t('compose.people')}>
        {found.slice(0, SHOWN).map(({ account, name, address }) => (
          <li key={account}>
            <button type="button" class="rows-row" onClick={() => choose(account)}>
              <Icon name="person" />
              <span>
                <b>{name}</b>
                <small>{address}</small>
              </span>
            </button>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p>{t('compose.noOne')}</p>}
    </div>
  )
}
