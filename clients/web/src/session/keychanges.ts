/** When somebody in a conversation replaced their keys: a line between two letters. Pure values. */
import type { Arrived } from './entries.ts'
import type { Chain } from './line.ts'

/** `before` is the id of the first letter that came after it; null when none did. `suspected`: the old keys may be in other hands. */
export type KeyChange = {
  readonly account: string
  readonly name: string
  readonly at: string
  readonly suspected: boolean
  readonly before: string | null
}

/** Changes by those who wrote here, of keys by which they had written before. `letters` with the oldest first. */
export function keyChanges(letters: readonly Arrived[], lines: ReadonlyMap<string, Chain>): readonly KeyChange[] {
  const writers = new Map(letters.filter(({ box }) => box === 'in').map(({ letter }) => [letter.sender.account, letter.sender]))
  return [...writers.values()].flatMap(({ account, name, address }) => {
    const first = letters.find(({ letter }) => letter.sender.account === account)
    const replaced = (lines.get(account) ?? []).slice(1).filter(key => isAfter(key.announced, first?.receivedAt ?? ''))
    return replaced.map(({ announced, suspected }) => {
      const next = letters.find(({ receivedAt }) => isAfter(receivedAt, announced))
      return { account, name: name || address, at: announced, suspected, before: next?.id ?? null }
    })
  })
}

const isAfter = (left: string, right: string): boolean => Date.parse(left) > Date.parse(right)
