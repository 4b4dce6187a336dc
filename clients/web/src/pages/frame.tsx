/** What stands around every page: skip link, places, what was said, and what is being sent. */
import type { ComponentChildren, JSX } from 'preact'
import { useLayoutEffect } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { Button, ButtonLink } from '../ui/button.tsx'
import { Icon, type IconName } from '../ui/icons.tsx'
import { LiveRegion } from '../ui/live.tsx'
import { Notice } from '../ui/notice.tsx'
import { language, t } from '../words/words.ts'
import { announcement } from './announcement.ts'
import { useApp } from './context.ts'
import { insideParts } from './insideparts.ts'
import { LockingSoon } from './lockingsoon.tsx'
import * as places from './places.ts'

export function Frame({ children }: { readonly children: ComponentChildren }): JSX.Element {
  const { session } = useApp()
  const { path } = useLocation()
  const phase = session.phase.value
  const spoken = language.value
  // What was said in the language of before would be read in the voice of this one.
  useLayoutEffect(() => {
    announcement.value = ''
  }, [spoken])
  // From one mailbox to another, what stands around them stays.
  const parts = insideParts.value
  const inside = parts !== undefined && (phase === 'in' || (phase === 'starting' && session.ownAccount !== ''))
  const wide = inside && path.startsWith(places.MESSAGES)
  return (
    <div class={wide ? 'frame frame-wide' : 'frame'}>
      <a class="unseen skip" href="#main">
        {t('app.skip')}
      </a>
      <header class="top">
        <a class="brand" href={inside ? places.MESSAGES : places.WELCOME} aria-label={t('app.home')}>
          <Icon name="letter" />
          Pli
        </a>
        {inside && (
          <nav aria-label={t('app.places')}>
            <Places />
          </nav>
        )}
        <div class="top-end">
          <ButtonLink look="plain" href={places.HELP}>
            {t('app.help')}
          </ButtonLink>
          <LanguageSwitch />
        </div>
      </header>
      <Newer />
      {inside && <Offline />}
      {inside && <LockingSoon />}
      {inside && <parts.Switcher />}
      <main id="main" tabIndex={-1} class={wide ? 'main main-wide' : inside ? 'main' : 'main door'}>
        {children}
      </main>
      {!inside && <Foot />}
      {inside && <parts.Outbox />}
      {inside && (
        <nav class="bottom" aria-label={t('app.placesBelow')}>
          <Places />
        </nav>
      )}
      <LiveRegion said={announcement} />
    </div>
  )
}

const PLACES = [
  [places.MESSAGES, 'letter', 'place.messages'],
  [places.RECORD, 'record', 'place.record'],
  [places.AGENDA, 'agenda', 'place.agenda'],
  [places.ACCOUNT, 'person', 'place.account'],
] as const satisfies readonly (readonly [string, IconName, string])[]

function Places(): JSX.Element {
  const { session } = useApp()
  const { path } = useLocation()
  const waiting: Readonly<Record<string, number>> = {
    [places.MESSAGES]: session.unread.value,
    [places.AGENDA]: session.pending.value,
  }
  return (
    <ul class="places">
      {PLACES.map(([address, icon, word]) => (
        <li key={address}>
          <a class="place" href={address} aria-current={path.startsWith(address) ? 'page' : undefined}>
            <Icon name={icon} />
            <span>{t(word)}</span>
            <Count of={waiting[address] ?? 0} />
          </a>
        </li>
      ))}
    </ul>
  )
}

const Count = ({ of }: { readonly of: number }): JSX.Element | null =>
  of === 0 ? null : (
    <span class="count">
      {of > 99 ? '99+' : of}
      <span class="unseen">{t('place.waiting')}</span>
    </span>
  )

/** The region stands there from the start: what is put into it later is announced (WCAG 2.2, 4.1.3). */
function Offline(): JSX.Element {
  const { session } = useApp()
  return (
    <div role="status">
      {!session.reachable.value && (
        <p class="offline no-print">
          <Icon name="alert" />
          <span>{t('app.offline')}</span>
        </p>
      )}
    </div>
  )
}

/** Must: be announced, take no focus, reload only when it is asked to (WCAG 2.2, 3.2.5). */
function Newer(): JSX.Element {
  const begin = useApp().newer.value
  return (
    <div role="status">
      {begin !== undefined && (
        <div class="offline no-print">
          <span>{t('app.newer')}</span>
          <Button onPress={begin}>{t('app.reload')}</Button>
        </div>
      )}
    </div>
  )
}

function LanguageSwitch(): JSX.Element {
  const { preferences } = useApp()
  const other = preferences.language.value === 'fr' ? 'en' : 'fr'
  return (
    <span lang={other}>
      <Button look="plain" onPress={() => preferences.speak(other)}>
        {other === 'en' ? 'English' : 'Français'}
      </Button>
    </span>
  )
}

const Foot = (): JSX.Element => (
  <footer class="foot">
    <Notice icon="alert" care>
      <p>{t('app.emergency')}</p>
    </Notice>
    <p class="foot-links">
      <a href={places.ACCESSIBILITY}>{t('app.accessibility')}</a>
    </p>
  </footer>
)
