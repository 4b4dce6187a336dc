/** Notices while no page is open: RFC 8030 through the service worker, where there is one. */
import { b64u, unb64u } from '../crypto/encoding.ts'
import type { Pushing, PushState } from '../session/notices.ts'

/** What the service worker hands to its pages, as it was pushed (RFC 8620, 7.2.2). */
type Pushed = { readonly '@type'?: unknown; readonly pushSubscriptionId?: unknown; readonly verificationCode?: unknown }

async function manager(): Promise<PushManager | undefined> {
  if (!('serviceWorker' in navigator) || !('PushManager' in window)) return undefined
  return (await navigator.serviceWorker.getRegistration())?.pushManager
}

async function state(): Promise<PushState> {
  const found = await manager()
  if (found === undefined) return 'impossible'
  if (Notification.permission === 'denied') return 'refused'
  return (await found.getSubscription()) === null ? 'off' : 'on'
}

async function subscribe(applicationServerKey: string): ReturnType<Pushing['subscribe']> {
  const found = await manager()
  if (found === undefined || (await Notification.requestPermission()) !== 'granted') return undefined
  const key = unb64u(applicationServerKey) as Uint8Array<ArrayBuffer>
  try {
    const made = await found.subscribe({ userVisibleOnly: true, applicationServerKey: key })
    const [p256dh, auth] = [made.getKey('p256dh'), made.getKey('auth')]
    if (p256dh === null || auth === null) return undefined
    return { url: made.endpoint, keys: { p256dh: b64u(new Uint8Array(p256dh)), auth: b64u(new Uint8Array(auth)) } }
  } catch {
    return undefined // no push service answers this browser
  }
}

async function unsubscribe(): Promise<void> {
  await (await (await manager())?.getSubscription())?.unsubscribe()
}

const onVerification: Pushing['onVerification'] = work => {
  const hear = ({ data }: MessageEvent<Pushed | null>): void => {
    if (data?.['@type'] !== 'PushVerification') return
    const { pushSubscriptionId: id, verificationCode: code } = data
    if (typeof id === 'string' && typeof code === 'string') work({ id, code })
  }
  navigator.serviceWorker.addEventListener('message', hear)
  return () => navigator.serviceWorker.removeEventListener('message', hear)
}

export const pushing: Pushing = { state, subscribe, unsubscribe, onVerification }
