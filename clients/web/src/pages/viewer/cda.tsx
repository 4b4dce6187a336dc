/** A CDA R2 document as a person reads it: header, then what its sections say. Nothing in it runs, nothing is fetched. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { at, child, children, embedded, hasDoctype, header, isCda, type CdaHeader } from '../../content/cda.ts'
import { Notice, Waiting } from '../../ui/notice.tsx'
import type { Tongue } from '../../ui/theirs.tsx'
import { day, dayAndTime, toDate } from '../../words/dates.ts'
import { t } from '../../words/words.ts'
import { useApp } from '../context.ts'
import { Narrative } from './narrative.tsx'
import { Viewer } from './viewer.tsx'

type CdaViewProps = { readonly bytes: Uint8Array; readonly title: string; readonly tongue: Tongue }

export function CdaView({ bytes, title, tongue }: CdaViewProps): JSX.Element {
  const [document, failed] = useXml(bytes)
  if (failed) {
    return (
      <Notice icon="alert" care>
        <p>{t('file.broken')}</p>
      </Notice>
    )
  }
  if (document === undefined) return <Waiting>{t('file.opening')}</Waiting>
  const head = header(document)
  const said = head.language ?? tongue
  return (
    <div class="view view-sheet cda" role="region" aria-label={title} tabIndex={0}>
      <Head head={head} tongue={said} />
      <Body document={document} title={title} tongue={said} />
    </div>
  )
}

function useXml(bytes: Uint8Array): readonly [Document | undefined, boolean] {
  const { screen } = useApp()
  const [document, setDocument] = useState<Document>()
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    if (hasDoctype(bytes)) {
      setFailed(true)
      return
    }
    screen.parse(bytes, 'application/xml').then(
      parsed => (isCda(parsed) ? setDocument(parsed) : setFailed(true)),
      () => setFailed(true),
    )
  }, [bytes, screen])
  return [document, failed]
}

function Head({ head, tongue }: { readonly head: CdaHeader; readonly tongue: Tongue }): JSX.Element {
  const facts: readonly (readonly [string, string])[] = [
    [t('cda.patient'), head.birth === '' ? head.patient : t('cda.born', head.patient, day(toDate(head.birth)))],
    [t('cda.author'), head.authors.join(' ; ')],
    [t('cda.date'), sayDate(head.date)],
    [t('cda.type'), head.type],
    [t('cda.custodian'), head.custodian],
  ]
  return (
    <>
      <h3 lang={tongue}>{head.title || head.type}</h3>
      <dl class="facts">
        {facts
          .filter(([, value]) => value !== '')
          .map(([name, value]) => (
            <>
              <dt>{name}</dt>
              <dd lang={value === head.type ? tongue : undefined}>{value}</dd>
            </>
          ))}
      </dl>
    </>
  )
}

const sayDate = (date: string): string =>
  date === '' ? '' : date.length > 10 ? dayAndTime(new Date(date)) : day(toDate(date))

function Body({ document, title, tongue }: { readonly document: Document; readonly title: string; readonly tongue: Tongue }): JSX.Element {
  const component = child(document.documentElement, 'component')
  const inside = embedded(at(component, 'nonXMLBody', 'text'))
  if (inside !== undefined) {
    return <Viewer attachment={{ name: title, type: inside.type }} bytes={inside.bytes} title={title} tongue={tongue} />
  }
  const sections = children(child(component, 'structuredBody'), 'component').flatMap(one => child(one, 'section') ?? [])
  if (sections.length === 0) return <p>{t('cda.empty')}</p>
  return (
    <div lang={tongue}>
      {sections.map((section, place) => (
        <Section key={place} section={section} />
      ))}
    </div>
  )
}

function Section({ section }: { readonly section: Element }): JSX.Element {
  const inner = children(section, 'component').flatMap(one => child(one, 'section') ?? [])
  const heading = child(section, 'title')?.textContent.trim() ?? ''
  const text = child(section, 'text')
  return (
    <section>
      {heading !== '' && <h4>{heading}</h4>}
      {text !== undefined && <Narrative text={text} section={section} />}
      {inner.map((one, place) => (
        <Section key={place} section={one} />
      ))}
    </section>
  )
}
