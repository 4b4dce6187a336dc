/** Choosing what an app may do and for how long. Nothing is given before the person pressed, on a device that is confirmed. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { CatalogueApp } from '../../session/catalogue.ts'
import { Button } from '../../ui/button.tsx'
import { Check, Checks, Choices } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { Alert, Aside } from '../../ui/notice.tsx'
import type { Scope } from '../../wire/grants.ts'
import { language, t } from '../../words/words.ts'
import { useConfirm } from '../confirm.tsx'
import { useApp } from '../context.ts'
import { Failure } from '../refusals.tsx'
import { useAct } from '../useact.ts'

export const Scopes = ({ scopes }: { readonly scopes: readonly Scope[] }): JSX.Element => (
  <ul class="plain-list">
    {scopes.map(scope => (
      <li key={scope}>{t(`apps.scope.${scope}`)}</li>
    ))}
  </ul>
)

type Days = '30' | '90' | '365'
type AllowingProps = {
  readonly app: CatalogueApp
  readonly scopes: readonly Scope[]
  /** What the button says, and the one that leaves it. */
  readonly yes?: string
  readonly no?: string
  readonly onGiven: (id: string, scopes: readonly Scope[]) => Promise<void>
  readonly onCancel: () => void
}

export function Allowing({ app, scopes, yes, no, onGiven, onCancel }: AllowingProps): JSX.Element {
  const { session } = useApp()
  const { act, busy, error } = useAct()
  const { confirmed, dialog } = useConfirm()
  const [chosen, setChosen] = useState<ReadonlySet<Scope>>(new Set(scopes))
  const [days, setDays] = useState<Days>('90')
  const [missing, setMissing] = useState(false)
  const choose = (scope: Scope, isChosen: boolean): void =>
    setChosen(new Set(scopes.filter(one => (one === scope ? isChosen : chosen.has(one)))))
  const submit = (): void => {
    const wanted = scopes.filter(scope => chosen.has(scope))
    setMissing(wanted.length === 0)
    if (wanted.length === 0 || busy) return
    const named = { account: app.account, name: app.name[language.value] }
    act(() => confirmed(async () => onGiven(await session.apps.give(named, wanted, Number(days)), wanted)))
  }
  return (
    <>
      <Form onSubmit={submit}>
        <Checks legend={t('apps.chooseLeast')}>
          {scopes.map(scope => (
            <Check key={scope} label={t(`apps.scope.${scope}`)} checked={chosen.has(scope)} onValue={value => choose(scope, value)} />
          ))}
        </Checks>
        {missing && (
          <Alert title={t('apps.choose')}>
            <p>{t('apps.chooseMissing')}</p>
          </Alert>
        )}
        <Choices
          legend={t('apps.howLong')}
          value={days}
          choices={[
            ['30', t('apps.days30')],
            ['90', t('apps.days90')],
            ['365', t('apps.days365')],
          ]}
          onValue={setDays}
        />
        <Aside icon="lock">{t('apps.never')}</Aside>
        <Failure error={error} />
        <div class="buttons">
          <Button type="submit" look="main" waiting={busy}>
            {yes ?? t('apps.allowYes')}
          </Button>
          <Button look="plain" onPress={onCancel}>
            {no ?? t('apps.cancel')}
          </Button>
        </div>
      </Form>
      {dialog}
    </>
  )
}
