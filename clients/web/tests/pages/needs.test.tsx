// @vitest-environment jsdom
/** What must be filled in is said before it is sent (RGAA 4.1.2, 11.10): in words, to readers of screens, in every form. */
import { readdirSync, readFileSync } from 'node:fs'
import { act } from 'preact/test-utils'
import { render, type JSX } from 'preact'
import { afterEach, expect, test } from 'vitest'
import { CodeField } from '../../src/ui/codefield.tsx'
import { Combobox } from '../../src/ui/combobox.tsx'
import { DateField } from '../../src/ui/datefield.tsx'
import { Check, Checks, Choices, PasswordField, TextField } from '../../src/ui/field.tsx'
import { FilePicker } from '../../src/ui/filepicker.tsx'
import { Form } from '../../src/ui/form.tsx'
import { Select } from '../../src/ui/select.tsx'
import { TextArea } from '../../src/ui/textarea.tsx'

const ALL = 'Tous les champs sont nécessaires.'
const MARKED = 'Tous les champs sont nécessaires, sauf ceux marqués « facultatif ».'
const BOX = 'Tous les champs sont nécessaires, sauf la case à cocher.'
const root = document.body.appendChild(document.createElement('div'))
const nothing = (): void => undefined
const typed = { value: '', onValue: nothing }

const show = (page: JSX.Element): void => void act(() => render(page, root))
afterEach(() => show(<></>))
const inForm = (...fields: readonly JSX.Element[]): void => show(<Form onSubmit={nothing}>{fields}</Form>)
const said = (): readonly string[] => [...root.querySelectorAll('.needs')].map(one => one.textContent)

const name = <TextField key="name" label="Nom" must {...typed} />
const place = <TextField key="place" label="Lieu" must={false} {...typed} />
const box = <Check key="box" label="Ne plus demander" checked={false} onValue={nothing} />

test.each([name, place, box])('one field alone needs neither sentence nor mark', field => {
  inForm(field)
  expect(said()).toEqual([])
  expect(root.textContent).not.toContain('facultatif')
})

test('where all are needed, one sentence says so and no label is longer for it', () => {
  inForm(name, <PasswordField key="password" label="Mot de passe" must autocomplete="off" {...typed} />)
  expect(said()).toEqual([ALL])
  expect(root.textContent).not.toContain('(facultatif)')
})

test('where some may stay empty, their labels say so and the sentence above the first field says it of the others', () => {
  inForm(<h1 key="title">Titre</h1>, name, place, box)
  expect(said()).toEqual([MARKED])
  expect(root.querySelector('.needs')!.nextElementSibling!.textContent).toBe('Nom')
  expect([...root.querySelectorAll('label')].map(one => one.textContent)).toEqual(['Nom', 'Lieu (facultatif)', 'Ne plus demander (facultatif)'])
})

test('a box alone of what may stay as it is keeps its label short, and the sentence names it', () => {
  inForm(name, box)
  expect(said()).toEqual([BOX])
  expect(root.querySelector('.check')!.textContent).toBe('Ne plus demander')
})

test('fields that come and go are counted, and the sentence stays above the first', () => {
  inForm(place)
  expect(said()).toEqual([])
  inForm(name, place)
  expect(said()).toEqual([MARKED])
  expect(root.querySelector('form')!.firstElementChild!.className).toContain('needs')
  inForm(name)
  expect(said()).toEqual([])
})

test('outside of a form nothing is sent, so nothing is marked', () => {
  show(place)
  expect(root.textContent).toBe('Lieu')
})

test('boxes of which one is needed are marked together, and not one by one', () => {
  inForm(name, <Checks key="boxes" legend="Une ligne au moins">{[box]}</Checks>)
  expect(said()).toEqual([ALL])
  expect(root.querySelector('fieldset')!.textContent).toBe('Une ligne au moinsNe plus demander')
})

const each = (must: boolean): readonly (readonly [string, JSX.Element])[] => [
  ['TextField', <TextField label="Un" must={must} {...typed} />],
  ['PasswordField', <PasswordField label="Un" must={must} autocomplete="off" {...typed} />],
  ['TextArea', <TextArea label="Un" must={must} {...typed} />],
  ['CodeField', <CodeField label="Un" must={must} {...typed} />],
  ['DateField', <DateField label="Un" must={must} {...typed} />],
  ['Select', <Select label="Un" must={must} choices={[['', 'Rien']]} {...typed} />],
  ['Combobox', <Combobox label="Un" must={must} hint="" listLabel="" options={[]} onPick={nothing} wrong={undefined} {...typed} />],
  ['FilePicker', <FilePicker label="Un" must={must} add="Ajouter" photo="Photo" hint="" onFiles={nothing} children={null} />],
]

test.each(each(true))('%s says to readers of screens that it is needed, and is not called wrong before', (_, field) => {
  inForm(field)
  const input = root.querySelector('input, textarea, select')!
  expect(input.getAttribute('aria-required')).toBe('true')
  expect(input.hasAttribute('required')).toBe(false)
  expect(root.textContent).not.toContain('facultatif')
})

test.each(each(false))('%s says in words that it may stay empty', (_, field) => {
  inForm(field, name)
  expect(root.querySelector('input, textarea, select')!.hasAttribute('aria-required')).toBe(false)
  expect(root.textContent).toContain('Un (facultatif)')
})

test('groups that have their answer, or say what they need, want no sentence', () => {
  const days = <Choices key="days" legend="Combien" value="a" choices={[['a', 'A'], ['b', 'B']]} onValue={nothing} />
  inForm(<Checks key="boxes" legend="Une ligne au moins">{[box]}</Checks>, days)
  expect(said()).toEqual([])
  expect(root.querySelector('[required]')).toBeNull()
})

test('one of several is always chosen, and is counted as needed', () => {
  inForm(name, <Choices key="days" legend="Combien" value="a" choices={[['a', 'A'], ['b', 'B']]} onValue={nothing} />)
  expect(said()).toEqual([ALL])
  expect([...root.querySelectorAll<HTMLInputElement>('input[type=radio]')].every(one => one.required)).toBe(true)
})

// `must` has no default, so that the types ask for it wherever a field stands. What could go round it is a field of a page's own.
const SOURCES = `${import.meta.dirname}/../../src/`
const sources = (folder: string): readonly (readonly [string, string])[] =>
  readdirSync(SOURCES + folder, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.tsx'))
    .map(file => [`${folder}/${file}`, readFileSync(`${SOURCES}${folder}/${file}`, 'utf8')])
const FIELD = /<(form|input|textarea|select)\b(?![^>]* hidden )/

test('no page has a form or a field that is not of ui/', () => {
  expect(sources('pages').filter(([, text]) => FIELD.test(text)).map(([file]) => file)).toEqual([])
})

test('every field of ui/ knows whether it is needed', () => {
  const own = sources('ui').filter(([, text]) => FIELD.test(text) && !/Labelled|<Need\b|FormNeeds/.test(text))
  expect(own.map(([file]) => file)).toEqual(['ui/searchfield.tsx']) // what is searched is sent nowhere
})
