/** Being knocked for. One worker and one subscription for each server: a
 *  subscription belongs to one worker registration and to one server's key, so
 *  the knock worker is registered once per account, under a random scope that
 *  tells a push service nothing. No approval needs a knock. */
import { computed, signal } from '@preact/signals'
import { base64url, fromBase64url, sha256, utf8 } from '../remote/bytes'
import { open } from '../remote/door'
import type { PushAddress } from '../remote/message'
import { doorOf, keepScope, ofRegistration, paired, type Paired } from '../remote/registrations'
import { addressOf, sameKey } from '../remote/subscription'
import { scriptURL } from '../shell/trusted'
import { newId } from '../store/vault'

/** `off` until the person was asked. `refused`: the browser will not let us ask
 *  again. `failing`: allowed, but the browser's push service did not answer.
 *  `impossible`: not in this browser, or not before the app is installed. */
export type PushState = 'off' | 'on' | 'refused' | 'failing' | 'impossible'

const possible =
  typeof navigator !== 'undefined' && 'serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis

const permission = signal<NotificationPermission>(possible ? Notification.permission : 'denied')
const failing = signal(false)

export const pushState = computed<PushState>(() => {
  if (!possible) return 'impossible'
  if (permission.value === 'default') return 'off'
  if (permission.value === 'denied') return 'refused'
  return failing.value ? 'failing' : 'on'
})

/** Asks the person, who has just said that they want it, and subscribes. */
export async function turnOn(): Promise<void> {
  permission.value = await Notification.requestPermission()
  await renew()
}

/** Brings all subscriptions in order: made where they are missing, anew where a
 *  server has another key, ended where the account is gone. */
export async function renew(): Promise<void> {
  if (!possible) return
  permission.value = Notification.permission
  await endStrays()
  if (permission.value !== 'granted') return
  const wanted = paired().filter(({ server }) => server.state === 'active' && server.pushKey)
  const results = await Promise.allSettled(wanted.map(subscribe))
  failing.value = results.some(({ status }) => status === 'rejected')
}

/** Ends the subscription of an account that leaves this phone. */
export async function unsubscribe(pushScope: string | undefined): Promise<void> {
  if (!possible || pushScope === undefined) return
  const worker = await navigator.serviceWorker.getRegistration(pushScope)
  if (worker && scopeOf(worker) === pushScope) await worker.unregister()
}

/** Takes down the notification of a request that is settled. */
export async function hush(id: string): Promise<void> {
  await quiet((tag) => tag === id)
}

/** Takes down the notifications of a registration that are not about one of
 *  these open requests. */
export async function hushAllBut(registration: string, ids: readonly string[]): Promise<void> {
  await quiet((tag, data) => data.registration === registration && !ids.includes(tag))
}

type Told = { registration?: string }

async function quiet(settled: (tag: string, data: Told) => boolean): Promise<void> {
  if (!possible) return
  for (const worker of await navigator.serviceWorker.getRegistrations()) {
    for (const note of await worker.getNotifications()) {
      if (settled(note.tag, (note.data ?? {}) as Told)) note.close()
    }
  }
}

async function subscribe(entry: Paired): Promise<void> {
  const { registration, pushKey = '', pushScope = `/push/${newId()}/` } = entry.server
  const key = fromBase64url(pushKey)
  if (!entry.server.pushScope) await keepScope(registration, pushScope)
  const worker = await navigator.serviceWorker.register(scriptURL('/knock.js'), { scope: pushScope, updateViaCache: 'none' })
  await active(worker)
  const found = await worker.pushManager.getSubscription()
  const fits = found !== null && sameKey(found.options.applicationServerKey, key)
  if (found && !fits) await found.unsubscribe()
  const subscription = fits ? found : await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
  await tell(registration, addressOf(subscription))
}

/** Tells the server where to knock, unless it knows. It forgets an address that
 *  bounced, so it is told again after a week. */
async function tell(registration: string, push: PushAddress): Promise<void> {
  const place = `push/${registration}`
  const mark = base64url(await sha256(utf8(push.endpoint)))
  const [known, at = '0'] = (localStorage.getItem(place) ?? '').split(' ')
  if (known === mark && Date.now() - Number(at) < 7 * 86_400_000) return
  await open(await doorOf(registration), { method: 'PUT', path: '/device/registration', body: { push } })
  localStorage.setItem(place, `${mark} ${Date.now()}`)
}

/** A subscription needs an active worker. */
function active(registration: ServiceWorkerRegistration): Promise<void> {
  const worker = registration.active ?? registration.waiting ?? registration.installing
  if (!worker || worker.state === 'activated') return Promise.resolve()
  return new Promise((resolve, reject) => {
    worker.addEventListener('statechange', () => {
      if (worker.state === 'activated') resolve()
      if (worker.state === 'redundant') reject(new Error('the knock worker was not installed'))
    })
  })
}

/** Knock workers of accounts that are not here any more. */
async function endStrays(): Promise<void> {
  const known = new Set(paired().flatMap(({ server }) => (server.state === 'removed' ? [] : [server.pushScope])))
  for (const worker of await navigator.serviceWorker.getRegistrations()) {
    const scope = scopeOf(worker)
    if (scope.startsWith('/push/') && !known.has(scope)) await worker.unregister()
  }
  for (const place of Object.keys(localStorage)) {
    if (place.startsWith('push/') && !ofRegistration(place.slice('push/'.length))) localStorage.removeItem(place)
  }
}

function scopeOf(worker: ServiceWorkerRegistration): string {
  return new URL(worker.scope).pathname
}
