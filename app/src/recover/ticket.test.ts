import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { exampleEntry } from '../../build/examples'
import vectors from '../../../testdata/vectors/wire/restore.json'
import type { Core } from '../backup/instep'
import { step } from '../pair/pairing'
import { fromBase64url } from '../remote/bytes'
import { rebindMessage, restoreMessage, type PublicKey, type Rebind } from '../remote/message'
import type { Pairing } from '../remote/message'
import { keys } from '../store/keys'
import { papers } from '../store/papers'
import { store, vault } from '../store/store'
import { addEntry, removeEntry, type Entry, type Server } from '../store/vault'
import { forgetRestoreKeys, keepRestoreKeys } from './restorekeys'
import { begin, follow, followTickets, forget, pageOf, readTold, ticketOf, tickets } from './ticket'

const { issuer, subject, key: derived } = vectors.keys[0]!
const challenge = vectors.restores[0]!.challenge
const server: Server = {
  issuer,
  host: 'id.example.org',
  directory: { id: 'DIR', name: 'Komorebi', kind: 'personal' },
  subject,
  registration: '',
  code: { secret: '', algorithm: 'SHA1', digits: 6, period: 30 },
  state: 'elsewhere',
  numberDigits: 2,
}
const entry: Entry & { server: Server } = { ...exampleEntry({ id: 'E', kind: 'personal', issuer: 'Komorebi', name: 'haru@komorebi.example' }), server }

type Call = { method: string; path: string; body: Record<string, unknown> }
const calls: Call[] = []
let tell: () => Response
let refuses: { error: string } | undefined

/** The server, as far as the network shows it. */
beforeEach(async () => {
  calls.length = 0
  refuses = undefined
  tell = () => Response.json({ state: 'open', expires_at: 1, server_time: 1 })
  vi.stubGlobal('navigator', { onLine: true, languages: ['en'], userAgent: 'iPhone Safari/', maxTouchPoints: 5 })
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const body = init.body ? (JSON.parse(new TextDecoder().decode(init.body as Uint8Array)) as Record<string, unknown>) : {}
    const call = { method: init.method ?? 'GET', path: url.slice(issuer.length), body }
    calls.push(call)
    if (call.path === '/device/pair' && refuses) return Response.json(refuses, { status: 410 })
    if (call.path === '/device/pair') return Response.json(accepted, { status: 201 })
    if (call.method === 'POST') return Response.json({ ticket: `T${calls.length}`, challenge, expires_at: 1 }, { status: 201 })
    return call.method === 'PUT' ? new Response(null, { status: 204 }) : tell()
  })
  await store.load()
  for (const { id } of vault.value.entries) await store.change((before) => removeEntry(before, id))
  await store.change((before) => addEntry(before, entry))
  await papers.change('tickets', () => undefined)
  await followTickets()
  await forgetRestoreKeys()
})
afterEach(() => vi.unstubAllGlobals())

const accepted = {
  registration: 'REG',
  state: 'pending',
  issuer,
  directory: server.directory,
  person: { subject, login: 'haru@komorebi.example', name: 'Haru' },
  account_type: 'personal',
  code: { secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', algorithm: 'SHA1', digits: 6, period: 30 },
  digits: 2,
  push_key: '',
  expires_at: Date.now() + 600_000,
}

/** A core that has opened the backup. */
const opened = { sealed: async () => ({ result: [{ server: issuer, subject, key: derived }] }) } as unknown as Core

const es256 = { name: 'ECDSA', namedCurve: 'P-256' }

async function signedBy(jwk: JsonWebKey, message: Uint8Array<ArrayBuffer>, signature: unknown): Promise<boolean> {
  const { d: _, ...half } = jwk
  const key = await crypto.subtle.importKey('jwk', half, es256, false, ['verify'])
  return crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, fromBase64url(String(signature)), message)
}

test('a ticket is asked for by a key that nobody can take out, and stands after a reload', async () => {
  await begin(entry)
  expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /device/rebind'])
  const { signature, ...asked } = calls[0]!.body
  expect(await signedBy(asked.key as JsonWebKey, rebindMessage(issuer, asked as Rebind), signature)).toBe(true)
  const ticket = ticketOf('E')!
  expect(ticket).toMatchObject({ state: 'open', signed: false, issuer })
  expect((await keys.get(ticket.ticket))?.privateKey.extractable).toBe(false)
  expect(pageOf(ticket, entry.name)).toBe(`${issuer}/restore/${ticket.ticket}?login=haru%40komorebi.example`)
  vi.resetModules()
  const again = await import('./ticket')
  await again.followTickets()
  expect(again.tickets.value).toEqual(tickets.value)
})

test('N20: where the backup was opened the ticket is signed with the restore key, which signs and cannot be read', async () => {
  await keepRestoreKeys(opened)
  await begin(entry)
  expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /device/rebind', 'PUT /device/rebind'])
  const key = calls[0]!.body.key as PublicKey
  const message = restoreMessage({ issuer, subject, ticket: ticketOf('E')!.ticket, challenge, key })
  expect(await signedBy(derived, message, calls[1]!.body.signature)).toBe(true)
  expect(ticketOf('E')).toMatchObject({ signed: true })
  expect((await keys.get(`restore ${issuer} ${subject}`))?.privateKey.extractable).toBe(false)
  await forgetRestoreKeys()
  await begin(entry)
  expect(ticketOf('E')).toMatchObject({ signed: false })
})

test('the offer is taken by the key of the ticket, once, and the account has a registration', async () => {
  await begin(entry)
  tell = () => Response.json({ state: 'offered', expires_at: 1, server_time: 1, offer: { offer: 'OFFER', secret: 'SECRET' } })
  expect(await follow(ticketOf('E')!, new AbortController().signal)).toBe(true)
  const pairing = calls.find(({ path }) => path === '/device/pair')!.body as unknown as Pairing
  expect(pairing).toMatchObject({ offer: 'OFFER', secret: 'SECRET', key: calls[0]!.body.key })
  expect(step.value).toMatchObject({ at: 'added', registration: 'REG' })
  expect(vault.value.entries).toMatchObject([{ id: 'E', server: { state: 'pending', registration: 'REG', waited: true } }])
  await store.change((before) => ({ ...before, entries: before.entries.map((one) => ({ ...one, server: { ...one.server!, state: 'active' as const } })) }))
  await followTickets()
  expect(tickets.value).toEqual([])
})

test('an offer that ran out is followed by another, which is taken too; one that was taken is not taken twice', async () => {
  await begin(entry)
  const of = ticketOf('E')!
  const offered = (offer: string) => () => Response.json({ state: 'offered', expires_at: 1, server_time: 1, offer: { offer, secret: 'SECRET' } })
  const taken = () => calls.filter(({ path }) => path === '/device/pair').map(({ body }) => body.offer)
  refuses = { error: 'offer_expired' }
  for (const [offer, all] of [['LATE', ['LATE']], ['LATE', ['LATE']], ['SECOND', ['LATE', 'SECOND']]] as const) {
    if (offer === 'SECOND') refuses = undefined
    tell = offered(offer)
    await follow(of, new AbortController().signal)
    expect(taken()).toEqual(all)
  }
  const bodies = calls.filter(({ path }) => path === '/device/pair').map(({ body }) => body.key)
  expect(bodies).toEqual([calls[0]!.body.key, calls[0]!.body.key]) // the key of the ticket, both times
  expect(vault.value.entries).toMatchObject([{ id: 'E', server: { state: 'pending', registration: 'REG' } }])
})

test('a wait, its end and a stop are kept, by the clock of this phone', async () => {
  await begin(entry)
  const [ticket] = [ticketOf('E')!]
  tell = () => Response.json({ state: 'waits', ready_at: 1000 + 86_400_000, expires_at: 1, server_time: 1000 })
  const from = Date.now()
  await followTickets()
  expect(ticketOf('E')!.state).toBe('waits')
  expect(ticketOf('E')!.readyAt! - from - 86_400_000).toBeLessThan(60_000)
  expect(ticketOf('E')!.readyAt! - from).toBeGreaterThanOrEqual(86_400_000)
  for (const state of ['ready', 'stopped'] as const) {
    tell = () => Response.json({ state, expires_at: 1, server_time: 1 })
    await followTickets()
    expect(ticketOf('E')!.state).toBe(state)
  }
  tell = () => Response.json({ error: 'removed' }, { status: 401 })
  await followTickets()
  expect(ticketOf('E')!.state).toBe('over')
  await forget('E')
  expect(tickets.value).toEqual([])
  expect(await keys.get(ticket.ticket)).toBeUndefined()
})

test('what no server of ours says is a stranger’s', () => {
  for (const bad of [null, {}, { state: 'fine' }, { state: 'waits', ready_at: 'soon', server_time: 1 }, { state: 'offered', server_time: 1, offer: { offer: '…', secret: 'S' } }]) {
    expect(() => readTold(bad, 0)).toThrow('stranger')
  }
})
