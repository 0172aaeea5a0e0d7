import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { examplePaired } from '../../build/examples'
import type { Core } from '../backup/instep'
import { keys } from '../store/keys'
import { store, vault } from '../store/store'
import { addEntry, removeEntry } from '../store/vault'
import { lookForGone, removeGone, type Device, type Hold } from './gone'

const services = ['https://id.aoba.example', 'https://id.komorebi.example', 'https://id.kumo.example']
const [aoba = '', komorebi = '', kumo = ''] = services

/** The backup is off here: nothing asks the core. */
const core = {} as Core

type Old = { registration: string; name: string; added_at: number }
const old = (registration: string, name: string, day = 1): Old => ({ registration, name, added_at: day * 86_400_000 })

/** What each service lets this phone remove; nothing: it does not. */
let older: Record<string, Old[] | undefined>
let refuses: Record<string, { error: string; status: number }>
const removed: Record<string, unknown> = {}

beforeEach(async () => {
  ;[older, refuses] = [{}, {}]
  for (const one of Object.keys(removed)) delete removed[one]
  vi.stubGlobal('navigator', { onLine: true, languages: ['en'], userAgent: 'iPhone Safari/', maxTouchPoints: 5 })
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const { origin, pathname } = new URL(url)
    const refused = refuses[origin]
    if (refused) return Response.json({ error: refused.error }, { status: refused.status })
    if (pathname === '/device/older') {
      removed[origin] = JSON.parse(new TextDecoder().decode(init.body as Uint8Array))
      return new Response(null, { status: 204 })
    }
    return Response.json({ state: 'active', directory: { name: 'Aoba Works' }, push_key: '', security_url: '', pending_test: '', older: older[origin] })
  })
  await store.load()
  for (const { id } of vault.value.entries) await store.change((before) => removeEntry(before, id))
  for (const service of services) {
    await store.change((before) => addEntry(before, examplePaired(service)))
    await keys.put(service, await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']))
  }
})
afterEach(() => vi.unstubAllGlobals())

const placeOf = (hold: Hold) => (hold.at === 'backup' ? 'backup' : hold.account.server.issuer)
const told = ({ name, holds, since }: Device) => [name, holds.map(placeOf), since ?? 0]

test('a device is told once, with all places that know it; a service where nothing may be removed is left to the person', async () => {
  older = { [aoba]: [old('A1', 'Pixel'), old('A2', 'Tablet')], [komorebi]: [old('K1', 'Pixel')] }
  const { devices, closed } = await lookForGone(core)
  expect(devices.map(told)).toEqual([
    ['Pixel', [aoba, komorebi], 0],
    ['Tablet', [aoba], 0],
  ])
  expect(closed.map(({ server }) => server.issuer)).toEqual([kumo])
})

test('two of one name at one service are two devices, told apart by their days, and taken for no other', async () => {
  older = { [aoba]: [old('A1', 'Pixel', 1), old('A2', 'Pixel', 2)], [komorebi]: [old('K1', 'Pixel')], [kumo]: [] }
  const { devices, closed } = await lookForGone(core)
  expect(devices.map(told)).toEqual([
    ['Pixel', [aoba], 86_400_000],
    ['Pixel', [aoba], 2 * 86_400_000],
    ['Pixel', [komorebi], 0],
  ])
  expect(closed).toEqual([])
})

test('one that is removed goes at each of its services, and only there; what was refused is told', async () => {
  older = { [aoba]: [old('A1', 'Pixel'), old('A2', 'Tablet')], [komorebi]: [old('K1', 'Pixel')], [kumo]: [old('U1', 'Pixel')] }
  const [pixel] = (await lookForGone(core)).devices
  refuses = { [komorebi]: { error: 'frozen', status: 409 } }
  const failed = await removeGone(core, pixel!)
  expect(removed).toEqual({ [aoba]: { remove: ['A1'] }, [kumo]: { remove: ['U1'] } })
  expect(failed.map(({ hold, why }) => [placeOf(hold), why])).toMatchObject([[komorebi, { reason: { code: 'frozen' } }]])
})

test('a service that does not answer is left to the person', async () => {
  older = { [aoba]: [], [kumo]: [] }
  refuses = { [komorebi]: { error: 'busy', status: 503 } }
  expect((await lookForGone(core)).closed.map(({ server }) => server.issuer)).toEqual([komorebi])
})
