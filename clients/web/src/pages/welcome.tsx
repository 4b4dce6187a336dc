/** The first page: a few ways on, one of which fits everybody. */
import type { JSX } from 'preact'
import { Heading } from '../ui/heading.tsx'
import { Icon, type IconName } from '../ui/icons.tsx'
import { t } from '../words/words.ts'
import * as places from './places.ts'

type WayProps = {
  readonly href: string
  readonly icon: IconName
  readonly title: string
  readonly text: string
  readonly main?: boolean
}

const Way = ({ href, icon, title, text, main = false }: WayProps): JSX.Element => (
  <li>
    <a class={main ? 'way way-main' : 'way'} href={href}>
      <Icon name={icon} />
      <span>
        <b>{title}</b>
        {text}
      </span>
      <Icon name="forward" />
    </a>
  </li>
)

export const Welcome = (): JSX.Element => (
  <>
    <Heading title={t('welcome.title')} />
    <p class="door-lead">{t('welcome.lead')}</p>
    <ul class="ways">
      <Way href={places.LOGIN} icon="lock" title={t('welcome.login')} text={t('welcome.loginText')} main />
      <Way href={places.ACTIVATION} icon="letterOpen" title={t('welcome.letter')} text={t('welcome.letterText')} />
      <Way href={places.RECOVERY} icon="key" title={t('recovery.link')} text={t('recovery.linkText')} />
      <Way href={places.OPPOSE} icon="no" title={t('welcome.oppose')} text={t('welcome.opposeText')} />
      <Way href={places.ABOUT} icon="info" title={t('welcome.about')} text={t('welcome.aboutText')} />
    </ul>
  </>
)
