/** The time, and what is done later. */
import type { Clock } from '../session/ports.ts'

export const clock: Clock = {
  now: () => new Date(),
  later: (milliseconds, work) => {
    const timer = setTimeout(work, milliseconds)
    return () => clearTimeout(timer)
  },
  random: Math.random,
}
