/**
 * The recovery kit: a sheet of paper that brings a person back in. Shown once, printed or copied by hand, then two of its
 * groups are typed again. Law: it never holds the password.
 */
import type { JSX } from 'preact'
import { useCallback, useEffect, useId, useRef, useState } from 'preact/hooks'
import { drawGroups, groupFits, type Kit } from '../session/kit.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { spelled } from '../ui/groups.ts'
import { Heading } from '../ui/heading.tsx'
import { Notice, Waiting } from '../ui/notice.tsx'
import { day } from '../words/dates.ts'
import { t, type PlainWord } from '../words/words.ts'
import { useApp } from './context.ts'
import { Failure } from './refusals.tsx'
import { useAct } from './useact.ts'

type RecoveryKitProps = {
  /** Make a code: `login.kit(name)` before log-in, `session.factors.kit()` after. Called once, and again only after a failure. */
  readonly make: () => Promise<Kit>
  /** The two groups fit: the person has the sheet. What puts the code into the box may follow here; what it rejects with is shown. */
  readonly onKept: () => void | Promise<void>
  /** What the sheet is for, where it is not the first one. */
  readonly text?: string
  /** What stands above the heading: "Step 3 of 4". */
  readonly above?: JSX.Element
}

export function RecoveryKit({ make, onKept, text, above }: RecoveryKitProps): JSX.Element {
  const [kit, setKit] = useState<Kit>()
  const [written, setWritten] = useState(false)
  const { act, error } = useAct()
  const making = useRef(make)
  const begin = useCallback(() => act(async () => setKit(await making.current())), [act])
  useEffect(begin, [begin])
  if (kit === undefined) return <Making above={above} error={error} onAgain={begin} />
  if (!written) return <Sheet above={above} text={text ?? t('kit.text')} kit={kit} onWritten={() => setWritten(true)} />
  return <Groups above={above} code={kit.code} onKept={onKept} onBack={() => setWritten(false)} />
}

type Above = { readonly above: JSX.Element | undefined }
type MakingProps = Above & { readonly error: { readonly cause: unknown } | undefined; readonly onAgain: () => void }

const Making = ({ above, error, onAgain }: MakingProps): JSX.Element => (
  <>
    {above}
    <Heading title={t('kit.title')} />
    <Failure error={error} />
    {error === undefined ? <Waiting>{t('kit.making')}</Waiting> : <Button onPress={onAgain}>{t('kit.again')}</Button>}
  </>
)

type SheetProps = Above & { readonly text: string; readonly kit: Kit; readonly onWritten: () => void }

function Sheet({ above, text, kit, onWritten }: SheetProps): JSX.Element {
  const { screen } = useApp()
  return (
    <>
      <div class="no-print">
        {above}
        <Heading title={t('kit.title')} />
        <p>{text}</p>
      </div>
      <Paper kit={kit} />
      <Notice icon="alert" care>
        <p>{t('kit.once')}</p>
      </Notice>
      <div class="buttons">
        <Button icon="print" onPress={screen.print}>
          {t('kit.print')}
        </Button>
        <Button look="main" onPress={onWritten}>
          {t('kit.written')}
        </Button>
      </div>
    </>
  )
}

/** What is on paper, and on the screen as it will be on paper. */
function Paper({ kit }: { readonly kit: Kit }): JSX.Element {
  const { screen } = useApp()
  const [drawn] = useState(() => new Date())
  const title = useId()
  return (
    <section class="kit" aria-labelledby={title}>
      <h2 id={title}>{t('kit.paperTitle')}</h2>
      <p>{t('kit.paperFor')}</p>
      <dl class="facts">
        <dt>{t('login.name')}</dt>
        <dd class="kit-name">{kit.login}</dd>
        <dt>{t('kit.paperDate')}</dt>
        <dd>{day(drawn)}</dd>
      </dl>
      <h3>{t('kit.paperCode')}</h3>
      <CodeGroups code={kit.code} numbered />
      <h3>{t('kit.paperHow')}</h3>
      <ol>
        <li>{t('kit.paperHow1', screen.origin)}</li>
        <li>{t('kit.paperHow2', t('recovery.link'))}</li>
        <li>{t('kit.paperHow3')}</li>
      </ol>
      <p>{t('kit.paperOnce')}</p>
      <p>
        <strong>{t('kit.paperCare')}</strong>
      </p>
    </section>
  )
}

type CodeGroupsProps = { readonly code: string; readonly numbered?: boolean }

/** Nine groups, on three lines. Numbered where one of them is asked for later: above it, so that nobody copies it as well. */
export const CodeGroups = ({ code, numbered = false }: CodeGroupsProps): JSX.Element => (
  <ol class="groups">
    {code.split('-').map((group, at) => (
      <li key={at}>
        {numbered && (
          <span class="group-number" aria-hidden="true">
            {at + 1}
          </span>
        )}
        <span class="group" aria-hidden="true">
          {group}
        </span>
        {/* One sign after the other: no reader of screens makes a word of them. */}
        <span class="unseen">{spelled(group)}</span>
      </li>
    ))}
  </ol>
)

type GroupsProps = Above & {
  readonly code: string
  readonly onKept: () => void | Promise<void>
  readonly onBack: () => void
}

function Groups({ above, code, onKept, onBack }: GroupsProps): JSX.Element {
  const { act, busy, error } = useAct()
  const [asked] = useState(() => drawGroups())
  const [typed, setTyped] = useState<readonly [string, string]>(['', ''])
  const [tried, setTried] = useState(false)
  const [first, second] = typed
  const wrong = (at: 0 | 1): string | undefined =>
    tried && !groupFits(code, asked[at], typed[at]) ? t('kit.groupWrong', asked[at] + 1) : undefined
  const submit = (): void => {
    setTried(true)
    if (!busy && groupFits(code, asked[0], first) && groupFits(code, asked[1], second)) act(async () => onKept())
  }
  return (
    <Form onSubmit={submit}>
      {above}
      <Heading title={t('kit.groupsTitle')} />
      <Failure error={error} />
      <p>{t('kit.groupsText')}</p>
      <GroupField group={asked[0]} value={first} onValue={value => setTyped([value, second])} wrong={wrong(0)} />
      <GroupField group={asked[1]} value={second} onValue={value => setTyped([first, value])} wrong={wrong(1)} />
      <div class="buttons">
        <Button type="submit" look="main" waiting={busy}>
          {t('kit.next')}
        </Button>
        <Button look="plain" onPress={onBack}>
          {t('kit.back')}
        </Button>
      </div>
      {busy && <Waiting>{t('kit.saving')}</Waiting>}
    </Form>
  )
}

type GroupFieldProps = {
  readonly group: number
  readonly value: string
  readonly onValue: (value: string) => void
  readonly wrong: string | undefined
}

const PLACES = ['kit.place0', 'kit.place1', 'kit.place2'] as const satisfies readonly PlainWord[]

const GroupField = ({ group, value, onValue, wrong }: GroupFieldProps): JSX.Element => (
  <TextField
    label={t('kit.group', group + 1)}
    must
    hint={t('kit.groupHint', Math.floor(group / 3) + 1, t(PLACES[group % 3] ?? 'kit.place0'))}
    value={value}
    onValue={onValue}
    look="group"
    autocomplete="off"
    autocapitalize="characters"
    spellcheck={false}
    wrong={wrong}
  />
)
