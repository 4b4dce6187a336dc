/** What Pli is, and what its operator can and cannot see: plain words, open to everybody. */
import type { JSX } from 'preact'
import { ButtonLink } from '../ui/button.tsx'
import { Heading } from '../ui/heading.tsx'
import { t } from '../words/words.ts'
import { WELCOME } from './places.ts'

export const About = (): JSX.Element => (
  <>
    <Heading title={t('about.title')} />
    <Secrecy />
    <ButtonLink href={WELCOME} icon="back">
      {t('about.back')}
    </ButtonLink>
  </>
)

export const Secrecy = (): JSX.Element => (
  <>
    <p>{t('about.lead')}</p>
    <h2>{t('about.cannotTitle')}</h2>
    <ul>
      <li>{t('about.cannot1')}</li>
      <li>{t('about.cannot2')}</li>
      <li>{t('about.cannot3')}</li>
    </ul>
    <h2>{t('about.canTitle')}</h2>
    <ul>
      <li>{t('about.can1')}</li>
      <li>{t('about.can2')}</li>
      <li>{t('about.can3')}</li>
    </ul>
    <h2>{t('about.mssanteTitle')}</h2>
    <p>{t('about.mssante')}</p>
    <h2>{t('about.limitTitle')}</h2>
    <p>{t('about.limit')}</p>
  </>
)
