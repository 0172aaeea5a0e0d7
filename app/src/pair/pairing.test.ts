import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { fromBase64url } from '../remote/bytes'
import { pairMessage, type Pairing } from '../remote/message'
import { markRemoved } from '../remote/registrations'
import { transact } from '../store/database'
import { keys } from '../store/keys'
import { store, vault } from '../store/store'
import { removeEntry } from '../store/vault'
import { add, resume, step } from './pairing'

const issuer = 'https://id.example.org'
const offer = { issuer, offer: 'OFFER7Q2M4XK3J5N6P7R2S3T4U', secret: 'SECRET234567ABCDEFGHIJKLMN' }

type Call = { method: string; path: string; body: Pairing & { signature: string } }
const calls: Call[] = []
let registrations = 0

function accepted(subject = 'SUB'): Response {
  const body = {
    registration: `REG${++registrations}`,
    state: 'pending',
    issuer,
    directory: { id: 'DIR', name: 'Aoba Works', kind: 'organization' },
    person: { subject, login: 'tanaka@aoba.example', name: 'Mei Tanaka' },
    account_type: 'work',
    code: { secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', algorithm: 'SHA1', digits: 6, period: 30 },
    digits: 2,
    push_key: '',
    expires_at: Date.now() + 600_000,
  }
  return Response.json(body, { status: 201 })
}

/** The server, as far as the network shows it. */
function server(answer: (call: Call) => Response | Promise<Response>): void {
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const body = init.body ? JSON.parse(new TextDecoder().decode(init.body as Uint8Array)) : undefined
    const call = { method: init.method ?? 'GET', path: url.slice(issuer.length), body }
    calls.push(call)
    return answer(call)
  })
}

beforeEach(async () => {
  calls.length = 0
  await store.load()
  for (const { id } of vault.value.entries) await store.change((before) => removeEntry(before, id))
  await keys.delete('pairing')
})
afterEach(() => {
  vi.unstubAllGlobals()
})

test('what is sent is signed by a key that nobody can take out', async () => {
  server(() => accepted())
  await add(offer, 'Mei’s Pixel', 'Android, Chrome')
  const { signature, ...pairing } = calls[0]!.body
  const key = await crypto.subtle.importKey('jwk', pairing.key, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify'])
  const good = await crypto.subtle.verify(
    { name: 'ECDSA', hash: 'SHA-256' },
    key,
    fromBase64url(signature),
    pairMessage(issuer, pairing),
  )
  expect(good).toBe(true)
  const kept = await keys.get(`REG${registrations}`)
  expect(kept?.privateKey.extractable).toBe(false)
})

test('account and key are on the disk before anything is shown as done', async () => {
  server(() => accepted())
  const seen: { at: string; entries: number }[] = []
  const stop = step.subscribe((now) => seen.push({ at: now?.at ?? '', entries: vault.value.entries.length }))
  await add(offer, 'x', 'y')
  stop()
  expect(seen.at(-1)).toEqual({ at: 'added', entries: 1 })
  expect(seen.filter(({ at }) => at === 'adding').every(({ entries }) => entries === 0)).toBe(true)
  expect(vault.value.entries[0]?.server?.state).toBe('pending')
  expect(await keys.get('pairing')).toBeUndefined()
})

test.each([
  [404, { error: 'offer_unknown' }, { why: 'unknown' }],
  [410, { error: 'offer_expired' }, { why: 'expired' }],
  [409, { error: 'offer_used', taken_by: 'iPhone\u202E' }, { why: 'used', by: 'iPhone' }],
  [422, { error: 'code_mistyped' }, { why: 'mistyped' }],
  [409, { error: 'full' }, { why: 'full' }],
  [429, { error: 'too_many', retry_after: 60 }, { why: 'busy', after: 60 }],
  [404, 'not found', { why: 'stranger' }],
])('a server that answers %i %j changes nothing here', async (status, body, failure) => {
  server(() => Response.json(body, { status }))
  await add(offer, 'x', 'y')
  expect(step.value).toEqual({ at: 'failed', offer, failure })
  expect(vault.value.entries).toEqual([])
  expect(await keys.get('pairing')).toBeUndefined()
})

test('cut off in the middle, it sends the very same again', async () => {
  server(() => Promise.reject(new TypeError('network')))
  await add(offer, 'x', 'y')
  expect(step.value).toMatchObject({ at: 'failed', failure: { why: 'unreachable' } })
  server(() => accepted())
  expect(await resume()).toBe(true)
  expect(step.value).toMatchObject({ at: 'added' })
  expect(calls[1]!.body.key).toEqual(calls[0]!.body.key)
  expect(vault.value.entries).toHaveLength(1)
  expect(await resume()).toBe(false)
})

test('if the answer was lost on the way, it says so', async () => {
  server(() => Promise.reject(new TypeError('network')))
  await add(offer, 'x', 'y')
  server(() => Response.json({ error: 'offer_used', taken_by: 'x' }, { status: 409 }))
  await resume()
  expect(step.value).toMatchObject({ failure: { why: 'lost' } })
})

test('an offer that ran out meanwhile is not sent any more', async () => {
  server(() => Promise.reject(new TypeError('network')))
  await add(offer, 'x', 'y')
  const note = await transact('devices', 'readonly', (devices) => devices.get('pairing'))
  await transact('devices', 'readwrite', (devices) => devices.put({ ...note, at: Date.now() - 600_001 }))
  calls.length = 0
  await resume()
  expect(calls).toEqual([])
  expect(step.value).toMatchObject({ failure: { why: 'expired' } })
})

test('an account that is here and works is left as it is, and the server hears it', async () => {
  server(() => accepted())
  await add(offer, 'x', 'y')
  await store.change((before) => ({
    ...before,
    entries: before.entries.map((entry) => ({ ...entry, server: { ...entry.server!, state: 'active' as const } })),
  }))
  const before = vault.value.entries[0]!
  server(({ method, path }) => {
    if (path === '/device/pair') return accepted()
    if (method === 'DELETE') return new Response(null, { status: 204 })
    return Response.json({ state: 'active', directory: { name: 'Aoba Works' }, push_key: '', security_url: '', pending_test: '' })
  })
  await add(offer, 'x', 'y')
  expect(step.value).toMatchObject({ failure: { why: 'here', entry: before.id } })
  expect(vault.value.entries).toEqual([before])
  expect(calls.at(-1)).toMatchObject({ method: 'DELETE', path: '/device/registration' })
})

test('an account that was removed comes back in its old place', async () => {
  server(() => accepted())
  await add(offer, 'x', 'y')
  const before = vault.value.entries[0]!
  await store.change((old) => ({
    ...old,
    entries: old.entries.map((entry) => ({ ...entry, note: 'mine', server: { ...entry.server!, state: 'removed' as const } })),
  }))
  await add(offer, 'x', 'y')
  expect(vault.value.entries).toHaveLength(1)
  expect(vault.value.entries[0]).toMatchObject({ id: before.id, note: 'mine', server: { state: 'pending', registration: `REG${registrations}` } })
})

test('another person of the same server is another account', async () => {
  server(() => accepted('ONE'))
  await add(offer, 'x', 'y')
  server(() => accepted('TWO'))
  await add(offer, 'x', 'y')
  expect(vault.value.entries).toHaveLength(2)
})

test('an account that came from a backup by name gets its registration in its place, and waits again if nothing comes of it', async () => {
  server(() => accepted())
  await add(offer, 'x', 'y')
  const waiting = { ...vault.value.entries[0]!.server!, registration: '', state: 'elsewhere' as const }
  await store.change((old) => ({ ...old, entries: old.entries.map((entry) => ({ ...entry, note: 'mine', server: waiting })) }))
  const { id } = vault.value.entries[0]!
  await add(offer, 'x', 'y')
  const registration = `REG${registrations}`
  expect(vault.value.entries).toMatchObject([{ id, note: 'mine', server: { state: 'pending', registration } }])
  await markRemoved(registration) // the other screen said no
  expect(vault.value.entries).toMatchObject([{ id, note: 'mine', server: { state: 'elsewhere', registration: '', code: { secret: '' } } }])
})
