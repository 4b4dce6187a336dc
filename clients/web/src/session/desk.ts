/** The sealing worker as this folder sees it: what crypto/desk.ts offers, so that a test can bring its own. */
import type { Desk as SealingDesk } from '../crypto/desk.ts'

export type Desk = Pick<SealingDesk, 'call' | 'sealFile' | 'openFile'>
