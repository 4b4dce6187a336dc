/** The accessibility statement, in the shape that the RGAA asks for. Open to everybody. */
import type { JSX } from 'preact'
import { ButtonLink } from '../ui/button.tsx'
import { Heading } from '../ui/heading.tsx'
import { t } from '../words/words.ts'
import * as places from './places.ts'

export const Accessibility = (): JSX.Element => (
  <>
    <Heading title={t('access.title')} />
    <p>{t('access.lead')}</p>
    <h2>{t('access.state')}</h2>
    <p>{t('access.stateText')}</p>
    <h2>{t('access.tested')}</h2>
    <ul>
      <li>{t('access.tested1')}</li>
      <li>{t('access.tested2')}</li>
      <li>{t('access.tested3')}</li>
      <li>{t('access.tested4')}</li>
    </ul>
    <h2>{t('access.limits')}</h2>
    <ul>
      <li>{t('access.limits1')}</li>
      <li>{t('access.limits2')}</li>
      <li>{t('access.limits3')}</li>
    </ul>
    <h2>{t('access.contact')}</h2>
    <p>{t('access.contactText')}</p>
    <ButtonLink href={places.HELP} icon="back">
      {t('help.title')}
    </ButtonLink>
  </>
)
