/** The knock worker: a push says only "look now", and this looks. It ends every
 *  push in a notification that names the app if it can be learnt in three
 *  seconds, and never holds a number, a code or a button that answers. */
import words from 'virtual:knock-words'
import { readAsked } from '../approve/asked'
import { ownClock } from '../remote/clock'
import { ask, bytes, open, type Door } from '../remote/door'
import { addressOf } from '../remote/subscription'
import { keys } from '../store/keys'
import { newest } from '../store/newest'
import { isLocked, ringNow } from '../store/ring'
import type { Entry, Language, Server, Vault } from '../store/vault'
import { preferred } from '../words/words'

declare const self: ServiceWorkerGlobalScope

const patience = 3000

/** What a push carries (docs/protocol.md §6): no name, no number. */
type Knock = { registration?: string }

type Paired = Entry & { server: Server }

/** What is known of the account that is knocked for. */
type Home = { lang: Language; entry?: Paired }

/** What was found out in time. `gone`: nothing waits any more; `change`: no sign-in,
 *  but a change of the account. */
type News = { id?: string; app?: string; phone?: boolean; gone?: boolean; change?: boolean; open?: string[] }

self.addEventListener('install', () => void self.skipWaiting())
self.addEventListener('push', (event) => event.waitUntil(knocked(readKnock(event.data))))
self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(answer((event.notification.data ?? {}) as { registration?: string; id?: string }))
})
self.addEventListener('pushsubscriptionchange', (event) => event.waitUntil(resubscribe()))

function readKnock(data: PushMessageData | null): Knock {
  try {
    const knock = data?.json() as { r?: unknown } | null
    return typeof knock?.r === 'string' ? { registration: knock.r } : {}
  } catch {
    return {}
  }
}

async function knocked({ registration }: Knock): Promise<void> {
  for (const window of await windows()) window.postMessage({ knocked: true })
  const home = await homeOf(({ server }) => server.registration === registration)
  const news = await Promise.race([find(home).catch((): News => ({})), later<News>({})])
  await show(home, registration, news)
}

/** Nothing of it while the app is locked: then all that is said is that a sign-in waits (N7). */
async function homeOf(wanted: (entry: Paired) => boolean): Promise<Home> {
  const found = await newest().catch(() => undefined)
  const vault: Vault | undefined = found?.vault
  const entry = vault?.entries.find((one): one is Paired => one.server !== undefined && wanted(one as Paired))
  return { lang: preferred(vault ? vault.settings.language : await lockedLanguage()), ...(entry && { entry }) }
}

async function lockedLanguage(): Promise<Language | undefined> {
  const ring = await ringNow().catch(() => undefined)
  return isLocked(ring) ? ring.lock.language : undefined
}

/** Looks what waits, and for which app the newest of it is. */
async function find({ entry }: Home): Promise<News> {
  const door = entry && (await doorOf(entry.server))
  if (!door) return {}
  const list = (await ask(door, { method: 'GET', path: '/device/requests' })) as { requests: { id: string }[] }
  const waiting = list.requests.map(({ id }) => id)
  const id = waiting.at(-1)
  if (id === undefined) return { ...((await changeWaits(door)) ? { change: true } : { gone: true }), open: [] }
  try {
    const seen = await readAsked(id, await bytes(door, { method: 'GET', path: `/device/requests/${encodeURIComponent(id)}` }))
    const { app, device } = seen.asked
    return { id, ...(device ? { app: device.name, phone: true } : { app }), open: waiting }
  } catch {
    return { id, open: waiting }
  }
}

/** Somebody changes the account who had less than what guards it: the app says what. */
async function changeWaits(door: Door): Promise<boolean> {
  const { waiting } = (await ask(door, { method: 'GET', path: '/device/registration' })) as { waiting?: unknown }
  return Array.isArray(waiting) && waiting.length > 0
}

function titleOf(news: News, say: (typeof words)['en']): string {
  if (news.phone) return say.phone
  if (news.change) return say.change
  return news.gone ? say.gone : say.title
}

async function show(home: Home, registration: string | undefined, news: News): Promise<void> {
  const title = titleOf(news, words[home.lang])
  const body = news.gone ? '' : [news.app, home.entry?.server.host].filter(Boolean).join(' · ')
  if (news.open) await clear(registration, news.open)
  await self.registration.showNotification(title, {
    body,
    lang: home.lang,
    tag: news.id ?? 'knock',
    icon: '/icons/icon-192.png',
    badge: '/icons/badge-96.png',
    silent: news.gone === true,
    data: { registration, id: news.id },
  })
}

/** Takes down what was answered meanwhile. */
async function clear(registration: string | undefined, waiting: string[]): Promise<void> {
  for (const note of await self.registration.getNotifications()) {
    const { registration: of } = (note.data ?? {}) as Knock
    if (of === registration && !waiting.includes(note.tag)) note.close()
  }
}

/** The app, wherever it is open: it looks for itself too. */
function windows(): Promise<readonly WindowClient[]> {
  return self.clients.matchAll({ type: 'window', includeUncontrolled: true })
}

/** A notification was touched: the app comes to the front, at the request. */
async function answer({ registration, id }: { registration?: string; id?: string }): Promise<void> {
  const place = registration && id ? `approve/${encodeURIComponent(registration)}/${encodeURIComponent(id)}` : ''
  const all = await windows()
  const window = all.find(({ visibilityState }) => visibilityState === 'visible') ?? all[0]
  if (!window) {
    await self.clients.openWindow(`/#${place}`)
    return
  }
  window.postMessage({ show: place })
  await window.focus()
}

/** The browser gave this worker another subscription: the server hears of it. */
async function resubscribe(): Promise<void> {
  const scope = new URL(self.registration.scope).pathname
  const { entry } = await homeOf(({ server }) => server.pushScope === scope)
  const door = entry && (await doorOf(entry.server))
  const pushKey = entry?.server.pushKey
  if (!door || !pushKey) return
  const subscription =
    (await self.registration.pushManager.getSubscription()) ??
    (await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: pushKey }))
  await open(door, { method: 'PUT', path: '/device/registration', body: { push: addressOf(subscription) } })
}

async function doorOf({ issuer, registration, clockOffset }: Server): Promise<Door | undefined> {
  const pair = await keys.get(registration)
  return pair && { issuer, registration, key: pair.privateKey, clock: ownClock(clockOffset) }
}

function later<T>(value: T): Promise<T> {
  return new Promise((resolve) => setTimeout(() => resolve(value), patience))
}
