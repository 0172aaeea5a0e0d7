import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { keys } from '../store/keys'
import { store, vault } from '../store/store'
import { addEntry, removeEntry, type Entry } from '../store/vault'

type Shown = { title: string; body: string; tag: string; lang: string; data: Record<string, unknown>; actions?: unknown[]; closed: boolean }

/** The worker's world: what it listens to, and what it shows. */
const listeners = new Map<string, (event: unknown) => void>()
let shown: Shown[] = []
const opened: string[] = []
const told: unknown[] = []
let windows: { visibilityState: string; postMessage(message: unknown): void; focus(): Promise<void> }[] = []

const world = {
  addEventListener: (type: string, listener: (event: unknown) => void) => listeners.set(type, listener),
  skipWaiting: async () => undefined,
  registration: {
    scope: 'https://app.example.org/push/abc/',
    showNotification: async (title: string, options: Omit<Shown, 'title' | 'closed'>) => {
      shown = shown.filter(({ tag }) => tag !== options.tag)
      shown.push({ title, ...options, closed: false })
    },
    getNotifications: async () =>
      shown.map((note) => ({ tag: note.tag, data: note.data, close: () => (shown = shown.filter((other) => other !== note)) })),
  },
  clients: {
    matchAll: async () => windows,
    openWindow: async (url: string) => void opened.push(url),
  },
}

const issuer = 'https://id.example.org'
const request = {
  id: 'REQ1',
  kind: 'second',
  nonce: 'N',
  app: 'Aoba Expenses',
  app_host: '',
  app_verified: true,
  person: 'tanaka@aoba.example',
  directory: 'Aoba Works',
  place: 'Osaka',
  ip: '',
  browser: 'Chrome',
  system: 'Windows',
  known: true,
  asked_at: 1,
  expires_at: 2,
  digits: 2,
  correlation: '',
  unlock: false,
}

const entry: Entry = {
  id: 'E',
  kind: 'work',
  type: 'totp',
  issuer: 'Aoba Works',
  name: 'tanaka@aoba.example',
  secret: '',
  algorithm: 'SHA1',
  digits: 6,
  period: 30,
  counter: 0,
  note: '',
  order: 0,
  pinned: false,
  created: 0,
  server: {
    issuer,
    host: 'id.example.org',
    directory: { id: 'D', name: 'Aoba Works', kind: 'organization' },
    subject: 'S',
    registration: 'REG',
    code: { secret: 'JBSWY3DPEHPK3PXP', algorithm: 'SHA1', digits: 6, period: 30 },
    state: 'active',
    numberDigits: 2,
  },
}

async function push(data: unknown): Promise<void> {
  const work: Promise<unknown>[] = []
  const message = data === undefined ? null : { json: () => JSON.parse(JSON.stringify(data)) as unknown }
  listeners.get('push')?.({ data: message, waitUntil: (promise: Promise<unknown>) => work.push(promise) })
  await Promise.all(work)
}

async function touch(data: unknown): Promise<void> {
  const work: Promise<unknown>[] = []
  const notification = { data, close: () => undefined }
  listeners.get('notificationclick')?.({ notification, waitUntil: (promise: Promise<unknown>) => work.push(promise) })
  await Promise.all(work)
}

function network(answer: (path: string) => Response | Promise<Response>): string[] {
  const asked: string[] = []
  vi.stubGlobal('fetch', async (url: string) => {
    asked.push(url.slice(issuer.length))
    return answer(url.slice(issuer.length))
  })
  return asked
}

const waiting = (path: string) =>
  path === '/device/requests' ? Response.json({ requests: [{ id: 'REQ1' }], server_time: 1 }) : Response.json(request)

beforeAll(async () => {
  vi.stubGlobal('self', world)
  await import('./knock')
  await store.load()
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
  await keys.put('REG', pair)
  await store.change((before) => addEntry(before, entry))
})
beforeEach(() => {
  vi.stubGlobal('self', world)
  shown = []
  windows = []
  opened.length = 0
  told.length = 0
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const knock = { v: 1, t: 'request', r: 'REG' }

test('names the app, and holds neither a number nor a button (N1)', async () => {
  const asked = network(waiting)
  await push(knock)
  expect(asked).toEqual(['/device/requests', '/device/requests/REQ1'])
  expect(shown).toHaveLength(1)
  expect(shown[0]).toMatchObject({ title: 'Sign-in waiting', body: 'Aoba Expenses · id.example.org', tag: 'REQ1', lang: 'en' })
  expect(shown[0]).not.toHaveProperty('actions')
})

test('the app looks too, wherever it is open', async () => {
  network(waiting)
  windows = [{ visibilityState: 'visible', postMessage: (message) => void told.push(message), focus: async () => undefined }]
  await push(knock)
  expect(told).toEqual([{ knocked: true }])
  expect(shown).toHaveLength(1) // every push ends in a shown notification
})

test('speaks the language of the app', async () => {
  network(waiting)
  await store.change((before) => ({ ...before, settings: { ...before.settings, language: 'ja' } }))
  await push(knock)
  expect(shown[0]).toMatchObject({ title: 'サインインの確認待ち', lang: 'ja' })
  await store.change((before) => ({ ...before, settings: { ...before.settings, language: 'en' } }))
})

test.each([
  ['nothing', undefined],
  ['something else', { hello: 1 }],
  ['a registration that is not here', { ...knock, r: 'OTHER' }],
])('a push of %s is shown all the same', async (_, data) => {
  const asked = network(waiting)
  await push(data)
  expect(shown).toMatchObject([{ title: 'Sign-in waiting', body: '' }])
  expect(asked).toEqual([])
})

test('without a network it is shown with the host alone', async () => {
  network(() => Promise.reject(new TypeError('network')))
  await push(knock)
  expect(shown).toMatchObject([{ title: 'Sign-in waiting', body: 'id.example.org' }])
})

test('a server that takes its time is not waited for longer than three seconds', async () => {
  network(() => new Promise(() => undefined))
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  const done = push(knock)
  await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0))
  await vi.advanceTimersByTimeAsync(3000)
  await done
  expect(shown).toMatchObject([{ title: 'Sign-in waiting', body: 'id.example.org' }])
})

test('what was answered meanwhile is taken down', async () => {
  network(waiting)
  await push(knock)
  network((path) => (path === '/device/requests' ? Response.json({ requests: [{ id: 'REQ2' }] }) : Response.json({ ...request, id: 'REQ2' })))
  await push(knock)
  expect(shown.map(({ tag }) => tag)).toEqual(['REQ2'])
  network(() => Response.json({ requests: [] }))
  await push(knock)
  expect(shown).toMatchObject([{ title: 'Nothing is waiting any more', body: '' }])
})

test('R1: where no sign-in waits but a change of the account, it says so', async () => {
  network((path) => (path === '/device/requests' ? Response.json({ requests: [] }) : Response.json({ waiting: [{ id: 'C' }] })))
  await push(knock)
  expect(shown).toMatchObject([{ title: 'A change of your account waits', body: 'id.example.org', tag: 'knock', silent: false }])
})

test('N1: a new phone is called that, by its name, and holds neither its number nor a button', async () => {
  const asks = { ...request, kind: 'new_phone', digits: 6, unlock: true, device: { name: 'New phone', platform: 'iPhone, Safari' } }
  network((path) => (path === '/device/requests' ? Response.json({ requests: [{ id: 'REQ1' }] }) : Response.json(asks)))
  await push(knock)
  expect(shown).toMatchObject([{ title: 'A new phone is asking', body: 'New phone · id.example.org', tag: 'REQ1' }])
  expect(shown[0]).not.toHaveProperty('actions')
})

test('a touch brings the open app to the request', async () => {
  windows = [{ visibilityState: 'hidden', postMessage: (message) => void told.push(message), focus: async () => undefined }]
  await touch({ registration: 'REG', id: 'REQ1' })
  expect(told).toEqual([{ show: 'approve/REG/REQ1' }])
  expect(opened).toEqual([])
})

test('a touch opens the app if it is closed', async () => {
  await touch({ registration: 'REG', id: 'REQ1' })
  await touch({})
  expect(opened).toEqual(['/#approve/REG/REQ1', '/#'])
})

test('an account that left this phone is not asked about', async () => {
  const asked = network(waiting)
  await store.change((before) => removeEntry(before, vault.value.entries[0]!.id))
  await push(knock)
  expect(asked).toEqual([])
  expect(shown).toMatchObject([{ title: 'Sign-in waiting', body: '' }])
})

test('N7: while the app is locked it says that a sign-in waits, in the language of the app, and nothing else', async () => {
  await store.change((before) => ({ ...before, settings: { ...before.settings, language: 'ja' } }))
  const { setLock } = await import('../lock/lock')
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['wrapKey', 'unwrapKey'])
  await setLock({ credential: new Uint8Array(16), salt: new Uint8Array(32), key }, undefined, 5)
  vi.resetModules()
  await import('./knock') // a worker that the push has woken
  const asked = network(waiting)
  await push(knock)
  expect(asked).toEqual([])
  expect(shown).toMatchObject([{ title: 'サインインの確認待ち', body: '', lang: 'ja' }])
  expect(shown[0]?.data).toEqual({ registration: 'REG' })
})
