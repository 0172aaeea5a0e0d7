import { beforeEach, expect, test, vi } from 'vitest'
import { base64url, fromBase64url, sha256, utf8 } from '../remote/bytes'
import { bindMessage } from '../remote/message'
import { keys } from '../store/keys'
import { bind, doorOf, subjectOf, unbind } from './bind'
import { placeOf } from './place'
import { accept, addressOf, signIn, takeToken } from './signin'

const issuer = 'https://id.example.org'
const place = { binding: 'BIND1', rights: 'write', expires_at: 0, paused: false, used: 0, quota: 1, devices: [], server_time: 1 }

type Call = { method: string; path: string; headers: Headers; body: string }
const calls: Call[] = []

/** The server, as far as the network shows it. */
function server(answer: (call: Call) => Response): void {
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const body = init.body ? new TextDecoder().decode(init.body as Uint8Array) : ''
    const call = { method: init.method ?? 'GET', path: url.slice(issuer.length), headers: new Headers(init.headers), body }
    calls.push(call)
    return answer(call)
  })
}

const asked = async (screen = 'backup/on') => new URL(await addressOf({ issuer, scope: 'backup', screen })).searchParams
const back = (state: string, more: Record<string, string> = { code: 'CODE' }) => new URLSearchParams({ state, iss: issuer, ...more })

beforeEach(() => {
  calls.length = 0
  vi.stubGlobal('location', { origin: 'https://app.example.org' })
  vi.stubGlobal('navigator', { onLine: true, languages: ['en'], userAgent: 'iPhone Safari/', maxTouchPoints: 5 })
})

test('what comes back is redeemed with what only this app knows, once', async () => {
  const sent = await asked()
  expect(Object.fromEntries(sent)).toMatchObject({ client_id: 'countersign-app', redirect_uri: 'https://app.example.org/callback', scope: 'backup', prompt: 'select_account' })
  expect(await accept(back(sent.get('state') ?? ''))).toBe('backup/on')
  server(() => Response.json({ access_token: 'TOKEN' }))
  expect(await takeToken('recover/open')).toBeUndefined() // another screen's
  expect(await takeToken('backup/on')).toEqual({ issuer, token: 'TOKEN' })
  const form = new URLSearchParams(calls[0]?.body)
  expect(base64url(await sha256(utf8(form.get('code_verifier') ?? '')))).toBe(sent.get('code_challenge'))
  expect(await takeToken('backup/on')).toBeUndefined()
  expect(await accept(back(sent.get('state') ?? ''))).toBe('backup/elsewhere') // nor does it answer twice
})

test('without a network, or a service that answers, nobody is sent away from the app', async () => {
  const assign = vi.fn<(to: string) => void>()
  vi.stubGlobal('location', { origin: 'https://app.example.org', assign })
  vi.stubGlobal('navigator', { onLine: false })
  const leave = () => signIn({ issuer, scope: 'backup', screen: 'backup/delete' })
  await expect(leave()).rejects.toMatchObject({ reason: { why: 'offline' } })
  vi.stubGlobal('navigator', { onLine: true })
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')))
  await expect(leave()).rejects.toMatchObject({ reason: { why: 'unreachable' } })
  server(() => new Response('Bad Gateway', { status: 502 })) // a proxy before a server that is down
  await expect(leave()).rejects.toMatchObject({ reason: { why: 'unreachable' } })
  server(() => Response.json({ error: 'origin' }, { status: 403 })) // another server, which does not let this app in
  await expect(leave()).rejects.toMatchObject({ reason: { why: 'refused', code: 'origin' } })
  expect(assign).not.toHaveBeenCalled()
  server(() => new Response(null, { status: 204 }))
  await leave()
  expect(assign).toHaveBeenCalledOnce()
})

test('an answer that nobody here asked for, or of another service, is not taken', async () => {
  const state = (await asked()).get('state') ?? ''
  expect(await accept(back('forged'))).toBe('backup/elsewhere')
  expect(await accept(back(state, { iss: 'https://id.example.com', code: 'CODE' }))).toBe('backup/elsewhere')
  expect(await accept(back(state))).toBe('backup/on')
})

test.each([
  ['access_denied', 'denied'],
  ['unmet_authentication_requirements', 'weak'],
  ['server_error', 'refused'],
])('a sign-in that ended with %s says %s', async (error, why) => {
  await accept(back((await asked()).get('state') ?? '', { error }))
  await expect(takeToken('backup/on')).rejects.toMatchObject({ why })
})

test('a device is bound by a key that nobody can take out, for this token and service', async () => {
  server(() => Response.json({ binding: 'BIND1', rights: 'write', expires_at: 0, person: { subject: 'S', login: 'mei@mail.example', name: 'Mei' }, place }, { status: 201 }))
  const bound = await bind(issuer, 'TOKEN')
  expect(bound).toMatchObject({ issuer, binding: 'BIND1', subject: 'S', login: 'mei@mail.example' })
  const { key, platform, signature } = JSON.parse(calls[0]?.body ?? '')
  expect(platform).toBe('iPhone, Safari')
  expect(calls[0]?.headers.get('Authorization')).toBe('Bearer TOKEN')
  const verifier = await crypto.subtle.importKey('jwk', key, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify'])
  const good = async (token: string) =>
    crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, verifier, fromBase64url(signature), await bindMessage(issuer, token, { key, platform }))
  expect([await good('TOKEN'), await good('another')]).toEqual([true, false])
  expect((await keys.get('BIND1'))?.privateKey.extractable).toBe(false)
})

test('a place is asked by the key that was bound, and no call carries the token', async () => {
  server((call) => {
    if (call.path === '/backup/bindings') return Response.json({ binding: 'BIND1', person: { subject: 'S', login: 'mei' }, place }, { status: 201 })
    if (call.method === 'PUT') return Response.json({ version: 2, etag: '2-SUM', size: 3, at: 1, network: '203.0.113.0/24' }, { status: 201 })
    return Response.json({ error: 'binding_ended', state: 'signed_out' }, { status: 401 })
  })
  const bound = await bind(issuer, 'TOKEN')
  const there = placeOf(await doorOf(bound))
  expect(await there.put(utf8('tar'), '1-SUM')).toMatchObject({ version: 2, etag: '2-SUM' })
  const { headers, body } = calls[1]!
  expect(headers.get('If-Match')).toBe('"1-SUM"')
  expect(headers.get('Content-Type')).toBe('application/x-tar')
  expect(headers.get('Signature-Input')).toContain('"content-type");')
  expect(headers.get('Authorization')).toBeNull()
  expect(body).toBe('tar')
  await expect(there.status()).rejects.toMatchObject({ reason: { why: 'refused', code: 'binding_ended', detail: { state: 'signed_out' } } })
  await unbind(bound)
  expect(await keys.get('BIND1')).toBeUndefined()
  await expect(doorOf(bound)).rejects.toMatchObject({ reason: { code: 'binding_ended' } })
})

test('a place that is full says so, unlike a server that is broken', async () => {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
  await keys.put('BIND2', pair)
  const there = placeOf(await doorOf({ issuer, binding: 'BIND2' }))
  server(() => Response.json({ error: 'storage_full' }, { status: 507 }))
  await expect(there.put(utf8('tar'), undefined)).rejects.toMatchObject({ reason: { code: 'storage_full' } })
  expect(calls[0]?.headers.get('If-None-Match')).toBe('*')
  server(() => Response.json({ error: 'internal' }, { status: 500 }))
  await expect(there.put(utf8('tar'), undefined)).rejects.toMatchObject({ reason: { why: 'unreachable' } })
})

test('whose sign-in a token is of is read from it, so that no other account’s backup is deleted', () => {
  const token = (claims: unknown) => `h.${base64url(utf8(JSON.stringify(claims)))}.s`
  expect(subjectOf(token({ sub: 'MEI' }))).toBe('MEI')
  for (const other of [token({}), token({ sub: 7 }), 'opaque', '']) expect(subjectOf(other)).toBeUndefined()
})
