/** Carers and children: whose mailboxes the person opens, and who may open the mailbox that is open. */
import type { JSX } from 'preact'
import { useCallback } from 'preact/hooks'
import type { Carer, Held } from '../../session/carers.ts'
import { Button, ButtonLink } from '../../ui/button.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Sure } from '../../ui/sure.tsx'
import { day } from '../../words/dates.ts'
import { t } from '../../words/words.ts'
import { announce } from '../announcement.ts'
import { useConfirm } from '../confirm.tsx'
import { useApp } from '../context.ts'
import * as places from '../places.ts'
import { Failure } from '../refusals.tsx'
import { Reviewed } from '../standing.tsx'
import { useSwitch } from '../switcher.tsx'
import { useAct } from '../useact.ts'
import { called, inFours } from './called.ts'
import { Loading } from './loading.tsx'
import { Rename } from './rename.tsx'
import { AccountSection } from './section.tsx'
import { useLoaded } from './useloaded.ts'

export function CarersPage(): JSX.Element {
  const { session } = useApp()
  const load = useCallback(async () => {
    await session.carers.load()
    return true
  }, [session])
  const there = useLoaded(load)
  const acting = session.acting.value
  return (
    <AccountSection title={t('carers.title')}>
      <Loading of={there} />
      {there.value === true && !acting && <HeldByMe />}
      {there.value === true && <WhoOpens />}
      {there.value === true && !acting && <OwnNumber />}
    </AccountSection>
  )
}

function HeldByMe(): JSX.Element {
  const { session } = useApp()
  const held = session.carers.held.value
  return (
    <section>
      <h2>{t('carers.held')}</h2>
      <p>{held.length === 0 ? t('carers.heldNone') : t('carers.heldText')}</p>
      <ul class="cards">
        {held.map(one => (
          <HeldCard key={one.account} held={one} />
        ))}
      </ul>
      <ButtonLink href={places.CHILD} icon="letterOpen">
        {t('carers.child')}
      </ButtonLink>
    </section>
  )
}

function HeldCard({ held }: { readonly held: Held }): JSX.Element {
  const { session } = useApp()
  const { open, busy } = useSwitch()
  const name = called(held)
  return (
    <li class="card">
      <h3>{name}</h3>
      <p>{t('carers.since', day(new Date(held.since)))}</p>
      <div class="buttons">
        <Button look="main" icon="letter" waiting={busy} onPress={() => open(held)}>
          {t('carers.openOf', name)}
        </Button>
      </div>
      <div class="card-acts">
        <Rename
          button={t('devices.rename')}
          long={t('devices.renameLong', name)}
          label={t('carers.name')}
          hint={t('carers.nameHint')}
          name={held.name}
          onName={given => session.carers.rename(held.account, given)}
        />
        <GivingUp held={held} />
      </div>
    </li>
  )
}

function GivingUp({ held }: { readonly held: Held }): JSX.Element {
  const { session } = useApp()
  const { act, busy, error } = useAct()
  const { confirmed, dialog } = useConfirm()
  const name = called(held)
  const giveUp = (): void =>
    act(() =>
      confirmed(async () => {
        await session.carers.giveUp(held.account)
        announce(t('carers.gaveUp', name))
      }),
    )
  return (
    <>
      <Failure error={error} />
      <Sure
        label={t('carers.giveUp')}
        long={t('carers.giveUpLong', name)}
        icon="leave"
        yes={t('carers.giveUpYes')}
        no={t('confirm.no')}
        waiting={busy}
        onYes={giveUp}
      >
        <p>{t('carers.giveUpAsk', name)}</p>
        <p>{t('carers.giveUpCare')}</p>
      </Sure>
      {dialog}
    </>
  )
}

/** Of the mailbox that is open: one's own, or the one that is held. */
function WhoOpens(): JSX.Element {
  const { session } = useApp()
  const own = !session.acting.value
  const carers = session.carers.carers.value
  return (
    <section class="apart">
      <h2>{t(own ? 'carers.carers' : 'carers.carersOther')}</h2>
      {own && <Reviewed />}
      <p>{carers.length === 0 ? t('carers.carersNone') : t('carers.carersText')}</p>
      <ul class="cards">
        {carers.map(one => (
          <CarerCard key={one.account} carer={one} />
        ))}
      </ul>
      <ButtonLink href={places.CARER_ADD} icon="add">
        {t('carers.add')}
      </ButtonLink>
    </section>
  )
}

function CarerCard({ carer }: { readonly carer: Carer }): JSX.Element {
  const { session } = useApp()
  const { account, since, hasKey, listed } = carer
  const you = account === session.ownAccount
  const name = you ? t('carers.you') : called(carer)
  return (
    <li class={hasKey && listed ? 'card' : 'card card-care'}>
      <h3>{name}</h3>
      {since !== null && <p>{t('carers.since', day(new Date(since)))}</p>}
      {!you && (
        <p>
          {t('carers.number')} <span class="number">{inFours(account)}</span>
        </p>
      )}
      {!hasKey && <p>{t('carers.noKey')}</p>}
      {!listed && <p>{t('carers.notListed')}</p>}
      {!you && (
        <ButtonLink href={places.carerEnd(account)} icon="close">
          {t(listed ? 'carers.end' : 'carers.renew')}
          <span class="unseen"> {name}</span>
        </ButtonLink>
      )}
    </li>
  )
}

/** What the person reads to whoever wants to add them. */
function OwnNumber(): JSX.Element {
  const { session, screen } = useApp()
  const keyId = session.unlocked.value?.keyId ?? ''
  const copy = async (): Promise<void> => {
    if (await screen.copy(session.ownAccount)) announce(t('carers.copied'))
  }
  return (
    <section class="apart">
      <h2>{t('carers.own')}</h2>
      <p>{t('carers.ownText')}</p>
      <h3>{t('carers.number')}</h3>
      <p class="kept">{inFours(session.ownAccount)}</p>
      <Button onPress={() => void copy()}>{t('carers.copy')}</Button>
      <h3 class="below">{t('carers.fingerprint')}</h3>
      <p class="kept">{inFours(keyId)}</p>
      <Notice>
        <p>{t('carers.ownCare')}</p>
      </Notice>
    </section>
  )
}
