import { beforeEach, expect, test, vi } from 'vitest'
import { accept, addressOf } from '../backup/signin'
import { papers } from '../store/papers'
import { arrive, arriveBack, beginBringingBack, broughtBackUntil, end, follow, nothing, recovery, startOver } from './recovery'

const issuer = 'https://id.example.org'
const latest = { version: 3, etag: '3-SUM', size: 20480, at: 1_764_000_000_000, network: '203.0.113.0/24' }
const place = { binding: 'BIND1', rights: 'read', expires_at: 1, paused: false, latest, used: 1, quota: 1, devices: [], server_time: 1 }
const person = { subject: 'S', login: 'mei@mail.example', name: 'Mei' }

type Call = { method: string; path: string }
const calls: Call[] = []

/** The server, as far as the network shows it; every token is good. */
function server(answer: (call: Call) => Response): void {
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const call = { method: init.method ?? 'GET', path: url.slice(issuer.length) }
    calls.push(call)
    return call.path === '/token' ? Response.json({ access_token: 'TOKEN' }) : answer(call)
  })
}

/** Somebody signs in and comes back. */
async function signedIn(screen: string): Promise<void> {
  const scope = screen === 'recover' ? 'recover' : 'backup'
  const sent = new URL(await addressOf({ issuer, scope, screen })).searchParams
  expect(await accept(new URLSearchParams({ state: sent.get('state') ?? '', iss: issuer, code: 'CODE' }))).toBe(screen)
}

beforeEach(async () => {
  calls.length = 0
  vi.stubGlobal('location', { origin: 'https://app.example.org' })
  vi.stubGlobal('navigator', { onLine: true, languages: ['en'], userAgent: 'iPhone Safari/', maxTouchPoints: 5 })
  await papers.change('recovery', () => undefined)
  await follow()
  await startOver()
})

test('a sign-in leads to a backup that may be read, and after a reload it is still there', async () => {
  server(() => Response.json({ binding: 'BIND1', person, place }, { status: 201 }))
  await signedIn('recover')
  expect(await arrive()).toBe(true)
  expect(recovery.value).toMatchObject({ at: 'unlock', issuer, login: 'mei@mail.example', binding: 'BIND1', version: { version: 3 } })
  vi.resetModules()
  const again = await import('./recovery')
  await again.follow()
  expect(again.recovery.value).toEqual(recovery.value)
  expect(await again.arrive()).toBe(false) // nobody came back from a sign-in
})

test.each([
  ['no_backup', 404, {}],
  ['backup_deleted', 410, { until: 1_764_500_000_000 }],
] as const)('%s: whose backup is not there is told, also after a reload, until another account is used', async (error, status, more) => {
  server(() => Response.json({ error, login: 'mei@mail.example', ...more }, { status }))
  await signedIn('recover')
  expect(await arrive()).toBe(false)
  const told = { at: 'nothing', issuer, login: 'mei@mail.example', ...more }
  expect([nothing.value, recovery.value]).toEqual([told, undefined])
  vi.resetModules()
  const again = await import('./recovery')
  await again.follow()
  expect([again.nothing.value, again.recovery.value]).toEqual([told, undefined])
  await again.startOver()
  expect(await papers.read('recovery')).toBeUndefined()
})

test('a deleted backup is brought back by a sign-in that may write, and then read', async () => {
  server(({ path }) => {
    if (path === '/backup/bindings') return Response.json({ binding: 'BIND2', person, place: { ...place, latest: undefined, binding: 'BIND2' } }, { status: 201 })
    return path === '/backup/undelete' ? new Response(null, { status: 204 }) : Response.json(place)
  })
  await signedIn('recover/back')
  expect(await arrive()).toBe(false) // that was another sign-in
  expect(await arriveBack()).toBe(true)
  expect(calls.map(({ path }) => path)).toEqual(['/token', '/backup/bindings', '/backup/undelete', '/backup/place'])
  expect(recovery.value).toMatchObject({ at: 'unlock', version: { version: 3 } })
})

test('who brings a deleted backup back is asked for the account that it lies in', async () => {
  const assign = vi.fn<(to: string) => void>()
  vi.stubGlobal('location', { origin: 'https://app.example.org', assign })
  server(() => Response.json({}))
  await beginBringingBack({ issuer, login: 'mei@mail.example' })
  const sent = new URL(assign.mock.calls[0]?.[0] ?? '').searchParams
  expect(Object.fromEntries(sent)).toMatchObject({ scope: 'backup', login_hint: 'mei@mail.example' })
})

test('ended, nothing may read the backup any more', async () => {
  server(({ method }) => (method === 'POST' ? Response.json({ binding: 'BIND3', person, place }, { status: 201 }) : new Response(null, { status: 204 })))
  await signedIn('recover')
  await arrive()
  await end()
  expect(calls.at(-1)).toEqual({ method: 'DELETE', path: '/backup/binding' })
  expect(recovery.value).toBeUndefined()
  expect(await papers.read('recovery')).toBeUndefined()
})

test('a deleted backup can be brought back until its time is over', () => {
  const [past, coming] = [Date.now() - 1, Date.now() + 86_400_000]
  expect([past, coming, undefined].map((until) => broughtBackUntil({ issuer, login: '', ...(until && { until }) }))).toEqual([undefined, coming, undefined])
})

test('another trouble is not taken for a backup that is not there', async () => {
  server(() => Response.json({ error: 'not_personal' }, { status: 403 }))
  await signedIn('recover')
  await expect(arrive()).rejects.toMatchObject({ reason: { code: 'not_personal' } })
  expect(nothing.value).toBeUndefined()
})
