/** Opens sealed letters through the very worker of the page, and says how long it took. Started by bench/browser.py. */
import { Desk } from '../src/crypto/desk.ts'
import { unb64u } from '../src/crypto/encoding.ts'
import sealingAddress from '../src/crypto/worker.ts?worker&url'

/** Bytes are b64u. The letters are sealed to the account of the box. */
type Given = {
  readonly account: string
  readonly box: string
  readonly password: string
  readonly letters: readonly string[]
}

/** Milliseconds from the first letter's opening to the last one's; unlocking is not counted. */
async function measure({ account, box, password, letters }: Given): Promise<number> {
  const desk = new Desk(new Worker(sealingAddress, { type: 'module' }))
  await desk.call('unlockWithPassword', { account, box: unb64u(box), password, minimumVersion: 1 })
  const began = performance.now()
  for (const letter of letters) await desk.call('openLetter', unb64u(letter))
  return performance.now() - began
}

declare global {
  interface Window {
    measure?: typeof measure
  }
}
window.measure = measure
