/** Certified apps, what each asks for, what the person allowed, and taking it back. */
import type { JSX } from 'preact'
import { useCallback, useState } from 'preact/hooks'
import type { Given } from '../../session/apps.ts'
import { CatalogueRefused, type Catalogue, type CatalogueApp } from '../../session/catalogue.ts'
import { Button } from '../../ui/button.tsx'
import { Alert, Aside, Mark, Notice } from '../../ui/notice.tsx'
import { Sure } from '../../ui/sure.tsx'
import { day } from '../../words/dates.ts'
import { language, t } from '../../words/words.ts'
import { announce } from '../announcement.ts'
import { useConfirm } from '../confirm.tsx'
import { useApp } from '../context.ts'
import { Failure } from '../refusals.tsx'
import { useAct } from '../useact.ts'
import { Allowing, Scopes } from './allowing.tsx'
import { Loading } from './loading.tsx'
import { AccountSection } from './section.tsx'
import { useLoaded } from './useloaded.ts'

export const AppsPage = (): JSX.Element => (
  <AccountSection title={t('apps.title')}>
    <p>{t('apps.text')}</p>
    <Apps />
  </AccountSection>
)

/** The list may be refused; what was allowed is shown and taken back all the same. */
function Apps(): JSX.Element {
  const { session } = useApp()
  const loadGiven = useCallback(() => session.apps.given(), [session])
  const loadListed = useCallback(() => readCatalogue(() => session.apps.catalogue.read()), [session])
  const given = useLoaded(loadGiven)
  const listed = useLoaded(loadListed)
  return (
    <>
      <section class="apart">
        <h2>{t('apps.given')}</h2>
        <Loading of={given} />
        {given.value?.length === 0 && <p>{t('apps.givenNone')}</p>}
        <ul class="cards">
          {given.value?.map(grant => (
            <GivenCard key={grant.id} grant={grant} onChanged={given.again} />
          ))}
        </ul>
      </section>
      <section class="apart">
        <h2>{t('apps.listed')}</h2>
        <Loading of={listed} />
        {listed.value instanceof CatalogueRefused && <Refused reason={listed.value.reason} />}
        {listed.value === 'none' && <p>{t('apps.none')}</p>}
        {listed.value !== undefined && listed.value !== 'none' && !(listed.value instanceof CatalogueRefused) && (
          <Listed catalogue={listed.value} onChanged={given.again} />
        )}
      </section>
    </>
  )
}

/** A refused list is something to show, not something to try again. */
export async function readCatalogue(read: () => Promise<Catalogue | undefined>): Promise<Catalogue | CatalogueRefused | 'none'> {
  try {
    return (await read()) ?? 'none'
  } catch (error) {
    if (error instanceof CatalogueRefused) return error
    throw error
  }
}

export const Refused = ({ reason }: { readonly reason: CatalogueRefused['reason'] }): JSX.Element => (
  <Alert title={t(`apps.${reason}`)}>
    <p>{t(`apps.${reason}Text`)}</p>
  </Alert>
)

type ChangedProps = { readonly onChanged: () => Promise<void> }

function Listed({ catalogue, onChanged }: ChangedProps & { readonly catalogue: Catalogue }): JSX.Element {
  const isOver = new Date(catalogue.validUntil) < new Date()
  return (
    <>
      {isOver ? (
        <Notice care icon="alert">
          <p>{t('apps.tooLate')}</p>
        </Notice>
      ) : (
        <Aside icon="shield">{t('apps.signedBy', catalogue.authority, day(new Date(catalogue.validUntil)))}</Aside>
      )}
      {catalogue.apps.length === 0 && <p>{t('apps.listedNone')}</p>}
      <ul class="cards">
        {catalogue.apps.map(app => (
          <AppCard key={app.account} app={app} isOver={isOver} onChanged={onChanged} />
        ))}
      </ul>
    </>
  )
}

type AppCardProps = ChangedProps & { readonly app: CatalogueApp; readonly isOver: boolean }

function AppCard({ app, isOver, onChanged }: AppCardProps): JSX.Element {
  const [asking, setAsking] = useState(false)
  const name = app.name[language.value]
  const done = async (): Promise<void> => {
    setAsking(false)
    announce(t('apps.allowed', name))
    await onChanged()
  }
  return (
    <li class="card">
      <h3>{name}</h3>
      <p class="hint">{t('apps.by', app.publisher)}</p>
      <p>{app.purpose[language.value]}</p>
      {asking ? (
        <Allowing app={app} scopes={app.scopes} onGiven={done} onCancel={() => setAsking(false)} />
      ) : (
        <>
          <p>{t('apps.asks')}</p>
          <Scopes scopes={app.scopes} />
          {!isOver && (
            <Button icon="yes" label={t('apps.allowLong', name)} onPress={() => setAsking(true)}>
              {t('apps.allow')}
            </Button>
          )}
        </>
      )}
    </li>
  )
}

function GivenCard({ grant, onChanged }: ChangedProps & { readonly grant: Given }): JSX.Element {
  const name = grant.name === '' ? t('apps.unnamed') : grant.name
  const { standing, revokedAt, lastUsed } = grant
  return (
    <li class="card">
      <h3>
        {name} {!standing && <Mark>{t('apps.over')}</Mark>}
      </h3>
      <p>{t('apps.may')}</p>
      <Scopes scopes={grant.scopes} />
      <dl class="facts">
        <dt>{t('apps.since')}</dt>
        <dd>{day(new Date(grant.from))}</dd>
        <dt>{t(standing ? 'apps.until' : revokedAt === null ? 'apps.ended' : 'apps.takenBack')}</dt>
        <dd>{day(new Date(revokedAt ?? grant.until))}</dd>
        <dt>{t('apps.lastUsed')}</dt>
        <dd>{lastUsed === null ? t('apps.neverUsed') : day(new Date(`${lastUsed}T12:00:00`))}</dd>
      </dl>
      {standing && <TakeBack id={grant.id} name={name} onChanged={onChanged} />}
    </li>
  )
}

type TakeBackProps = ChangedProps & { readonly id: string; readonly name: string }

function TakeBack({ id, name, onChanged }: TakeBackProps): JSX.Element {
  const { session } = useApp()
  const { act, busy, error } = useAct()
  const { confirmed, dialog } = useConfirm()
  const end = (): void =>
    act(() =>
      confirmed(async () => {
        await session.apps.takeBack(id)
        announce(t('apps.takenBackSaid', name))
        await onChanged()
      }),
    )
  return (
    <>
      <Failure error={error} />
      <Sure
        label={t('apps.takeBack')}
        long={t('apps.takeBackLong', name)}
        icon="close"
        yes={t('apps.takeBackYes')}
        no={t('apps.takeBackNo')}
        waiting={busy}
        onYes={end}
      >
        <p>{t('apps.takeBackAsk', name)}</p>
      </Sure>
      {dialog}
    </>
  )
}
