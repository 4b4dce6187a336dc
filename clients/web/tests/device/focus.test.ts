// @vitest-environment jsdom
import { beforeEach, expect, test } from 'vitest'
import { keepFocus } from '../../src/device/focus.ts'

const later = (): Promise<void> => new Promise(resolve => setTimeout(resolve))
const at = (selector: string): HTMLElement => {
  const found = document.querySelector<HTMLElement>(selector)
  if (found === null) throw new Error(selector)
  return found
}

const page = (): void => {
  const root = document.createElement('div')
  document.body.replaceChildren(root)
  keepFocus(root)
  for (const [id, names] of [
    ['card', ['yes', 'no']],
    ['list', ['a', 'b', 'c', 'd', 'e']],
    ['only', ['alone']],
  ] as const) {
    const box = root.appendChild(document.createElement('section'))
    box.id = id
    box.append(`What stands in ${id}`)
    for (const name of names) box.appendChild(document.createElement('button')).id = name
  }
}
beforeEach(page)

test('where the focused button goes, the one beside it has the focus', async () => {
  at('#yes').focus()
  at('#yes').remove()
  await later()
  expect(document.activeElement).toBe(at('#no'))
})

test('among many the thing around them takes it, for as long as it has it', async () => {
  at('#c').focus()
  at('#c').remove()
  await later()
  expect(document.activeElement).toBe(at('#list'))
  at('#a').focus()
  expect(at('#list').hasAttribute('tabindex')).toBe(false)
})

test('what is empty is passed over', async () => {
  const inner = at('#only').appendChild(document.createElement('div'))
  const button = inner.appendChild(document.createElement('button'))
  at('#alone').remove()
  button.focus()
  button.remove()
  await later()
  expect(document.activeElement).toBe(at('#only'))
})

test('where the page itself says where to go on, it stays there', async () => {
  at('#yes').focus()
  at('#yes').remove()
  at('#alone').focus()
  await later()
  expect(document.activeElement).toBe(at('#alone'))
})

test('who left for nowhere is not fetched back', async () => {
  at('#yes').focus()
  at('#yes').blur()
  await later()
  at('#yes').remove()
  await later()
  expect(document.activeElement).toBe(document.body)
})

test('nothing happens when something else is taken away', async () => {
  at('#yes').focus()
  at('#no').remove()
  at('#list').remove()
  await later()
  expect(document.activeElement).toBe(at('#yes'))
})
