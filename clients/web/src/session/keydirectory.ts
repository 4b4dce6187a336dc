/** What is known of keys as long as one mailbox is open, as pages show it: whether the directory is believed, and who watches it. */
import { computed, signal } from '@preact/signals'
import type { SeenLog } from '../crypto/operations.ts'
import { Refusal } from '../wire/errors.ts'
import type { Trust } from './distrust.ts'
import type { KeyLog } from './keylog.ts'
import type { Keyring } from './keyring.ts'
import type { Chain } from './line.ts'
import type { PinSaver } from './pinning.ts'

export type KnownKeys = { readonly log: KeyLog; readonly keyring: Keyring; readonly pinning: PinSaver }

const NOBODY: ReadonlyMap<string, Chain> = new Map()
const NOTHING: ReadonlySet<string> = new Set()

export class KeyDirectory {
  readonly #open = signal<KnownKeys | undefined>(undefined)
  /** Whether the directory of keys is believed; while it is not, nothing is sealed, and this says why. */
  readonly trust = computed<Trust>(() => {
    const there = this.#open.value
    if (there === undefined) return 'unknown'
    const state = there.log.state.value
    return state === 'trusted' ? (there.keyring.ownProblem.value ?? state) : state
  })
  /** By whom the directory is watched, and who would watch it once the person accepts a new policy. */
  readonly watchers = computed(() => this.#open.value?.log.policy.value)
  readonly offeredWatchers = computed(() => this.#open.value?.log.offered.value)
  /** What was seen of others' keys stays in this page alone: the relay keeps refusing the key box. */
  readonly unkept = computed(() => this.#open.value?.pinning.failing.value ?? false)
  /** Checkpoints of letters (`size root`) that the directory does not fit. */
  readonly doubted = computed(() => this.#open.value?.log.doubted.value ?? NOTHING)
  /** The keys of those who wrote, the oldest first. */
  readonly lines = computed(() => this.#open.value?.keyring.lines.value ?? NOBODY)

  open(known: KnownKeys): void {
    this.#open.value = known
  }

  close(): void {
    this.#open.value = undefined
  }

  /** What was verified of the log. Raises Refusal where nothing is open, KeysNotProved. */
  seen(): Promise<SeenLog> {
    if (this.#open.value === undefined) throw new Refusal('unauthorized')
    return this.#open.value.log.current()
  }

  /** The person was told what is wrong with the directory: it is judged anew, by what it shows from now on. */
  acknowledge(): void {
    this.#open.value?.log.acknowledge()
  }

  /** The person confirmed that those of this policy, which was shown to them, may watch the directory from now on. */
  accept(policy: string): void {
    this.#open.value?.log.acceptPolicy(policy)
  }
}
