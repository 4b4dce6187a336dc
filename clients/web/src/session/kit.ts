/** The printed recovery kit: the code as it is shown once, and the two groups that are typed again as proof. Pure. */

/** `login` is the name that the code is used with. */
export type Kit = { readonly login: string; readonly code: string }

const GROUPS = 9
const LOOK_ALIKES: Readonly<Record<string, string>> = { O: '0', I: '1', L: '1' }

/** Two different groups, counted from 0, the first one first. `random` gives numbers from 0 to below 1. */
export function drawGroups(random: () => number = Math.random): readonly [number, number] {
  const first = Math.floor(random() * GROUPS)
  const second = (first + 1 + Math.floor(random() * (GROUPS - 1))) % GROUPS
  return first < second ? [first, second] : [second, first]
}

/** Whether this is what stands in the group, in whatever letters it was typed. */
export const groupFits = (code: string, group: number, typed: string): boolean => {
  const wanted = code.split('-')[group]
  return wanted !== undefined && asPrinted(typed) === wanted
}

const asPrinted = (typed: string): string =>
  typed
    .replace(/[\s-]/g, '')
    .toUpperCase()
    .replace(/[OIL]/g, symbol => LOOK_ALIKES[symbol] ?? symbol)
