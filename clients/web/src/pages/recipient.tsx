/** To whom: those who may be written to, and in plain words why somebody else may not, and how that changes. */
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Known } from '../session/aim.ts'
import { whyNot, type Listed } from '../session/register.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icons.tsx'
import { Notice } from '../ui/notice.tsx'
import { t } from '../words/words.ts'
import { useApp } from './context.ts'
import { PersonSearch } from './personsearch.tsx'

type RecipientProps = {
  readonly people: readonly Known[]
  readonly chosen: Known | undefined
  readonly wrong: string | undefined
  readonly onChoose: (account: string | null) => void
}

export function Recipient({ people, chosen, wrong, onChoose }: RecipientProps): JSX.Element {
  const { session } = useApp()
  const [refused, setRefused] = useState<Listed>()
  const there = useRef<HTMLDivElement>(null)
  const moved = useRef(false)
  // Whoever chose, or wants to change, goes on from here: the line that was pressed is gone.
  useEffect(() => {
    if (moved.current) there.current?.querySelector<HTMLElement>('button, input')?.focus()
    moved.current = false
  }, [chosen])
  const choose = (account: string | null): void => {
    moved.current = true
    setRefused(undefined)
    onChoose(account)
  }
  if (chosen !== undefined) return <Chosen there={there} name={chosen.name} line={chosen.address} onChange={() => choose(null)} />
  const reason = (entry: Listed): ReturnType<typeof whyNot> => whyNot(session.contacts.value.get(entry.id))
  return (
    <div class="recipient-search" ref={there}>
      <PersonSearch
        label={t('compose.toSearch')}
        hint={t('compose.toHint')}
        people={people}
        note={entry => t(`find.${reason(entry)}`)}
        wrong={refused === undefined ? wrong : undefined}
        onKnown={choose}
        onListed={setRefused}
      />
      <div role="status">
        {refused !== undefined && (
          <Notice icon="info" care>
            <p>
              <strong>{t('find.cannot', refused.name)}</strong>
            </p>
            <p>{t(`find.${reason(refused)}Text`, refused.name)}</p>
          </Notice>
        )}
      </div>
    </div>
  )
}

type ChosenProps = {
  readonly there: { readonly current: HTMLDivElement | null }
  readonly name: string
  readonly line: string
  readonly onChange: () => void
}

export const Chosen = ({ there, name, line, onChange }: ChosenProps): JSX.Element => (
  <div class="recipient" ref={there}>
    <p class="recipient-one">
      <Icon name="person" />
      <span>
        {t('compose.to')} <strong>{name}</strong>
        <small>{line}</small>
      </span>
    </p>
    <Button look="plain" onPress={onChange} label={t('compose.changeLong', name)}>
      {t('compose.change')}
    </Button>
  </div>
)
