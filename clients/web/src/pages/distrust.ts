/** Why keys are not believed, in words that say what to do. */
import type { KeyProblem } from '../session/distrust.ts'
import type { PlainWord } from '../words/words.ts'

export type Said = readonly [title: PlainWord, text: PlainWord]

/** While something is sent: it is about whoever it goes to, or about the directory. */
export const DISTRUST: Readonly<Record<KeyProblem, Said>> = {
  badCheckpoint: ['trust.stopped', 'trust.bad'],
  staleCheckpoint: ['trust.stopped', 'trust.stale'],
  logForked: ['trust.forkedTitle', 'trust.forked'],
  policyChanged: ['trust.policyTitle', 'trust.policy'],
  notInLog: ['trust.notInLogTitle', 'trust.notInLog'],
  brokenChain: ['trust.brokenTitle', 'trust.call'],
  keyChanged: ['trust.keyChangedTitle', 'trust.call'],
  ownKeyChanged: ['trust.ownTitle', 'trust.own'],
  notTheirs: ['trust.notTheirsTitle', 'trust.notTheirs'],
}

/** In the notice above the messages, where it is about one's own account. */
export const noticeFor = (problem: KeyProblem): Said =>
  problem === 'notInLog' ? ['trust.waitingTitle', 'trust.waiting'] : DISTRUST[problem]
