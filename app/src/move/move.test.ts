// Both phones of a move, with the real core behind each: through a server, and
// from screen to camera.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader'
import { buildCrew, crew } from '../../build/crew'
import { exampleEntry } from '../../build/examples'
import type { Picture } from '../core/ops'
import { addEntry } from '../store/vault'
import type { Bytes } from './channel'
import { codeOf, type Meeting } from './meeting'

const issuer = 'https://id.example.org'

/** Whether the person is the owner: that is asked on a screen. */
const person = vi.hoisted(() => ({ owner: true }))
vi.mock('../files/leave', () => ({ maySecretsLeave: async () => person.owner }))

beforeAll(async () => {
  const { buffer } = new Uint8Array(readFileSync(fileURLToPath(import.meta.resolve('zxing-wasm/reader/zxing_reader.wasm'))))
  prepareZXingModule({ overrides: { wasmBinary: buffer } })
  await buildCrew()
}, 300_000)

type Answer = (id: number, ...rest: unknown[]) => void
const go = globalThis as unknown as { countersignAnswer: Answer }
const answers: Answer[] = []
const apart = 1_000_000

/** A browser's worker with the core in it. Here all of them share what is global,
 *  and are told apart by the numbers of their calls. */
function Worker(): object {
  const port = crew()
  const first = answers.push(go.countersignAnswer) * apart
  go.countersignAnswer = (id, ...rest) => answers[Math.floor(id / apart) - 1]?.(id % apart, ...rest)
  const tell = port.postMessage.bind(port) as (told: object, transfer: Transferable[]) => void
  port.postMessage = (told: object, transfer: unknown) => tell('id' in told ? { ...told, id: first + Number(told.id) } : told, transfer as Transferable[])
  return port
}

/** A phone of its own: nothing in memory, a disk of its own. */
async function phone(...issuers: string[]) {
  vi.resetModules()
  vi.stubGlobal('indexedDB', new IDBFactory())
  const { store } = await import('../store/store')
  await store.load()
  for (const name of issuers) await store.change((before) => addEntry(before, exampleEntry({ id: name, issuer: name, name: 'mei', secret: secretOf(name) })))
  const { core } = await import('../core/core')
  await core.sealed('moveEnd', {}) // both its parts are there
  vi.doMock('../core/plug', () => ({ loadCore: async () => core, coming: {} })) // it comes late, when another phone's would come
  phones.push(core)
  return { store, core, old: await import('./giving'), fresh: await import('./arriving') }
}

const phones: { stop(): void }[] = []
const secretOf = (name: string) => Buffer.from(name.padEnd(20, '.')).toString('hex').replace(/[^2-7]/g, 'A').toUpperCase().slice(0, 16)

/** The server, as far as the network shows it: it keeps what it is given. */
const kept = new Map<string, Bytes>()
let ended = ''
let refuses: ((path: string) => Response | undefined) | undefined

function server(url: string, { method, body }: RequestInit): Response {
  if (url === '/config.json') return Response.json({ issuer })
  const path = url.slice(`${issuer}/meetings/`.length)
  const refused = refuses?.(path)
  if (refused) return refused
  if (ended) return Response.json({ error: 'closed', state: ended }, { status: 410 })
  const piece = path.split('/')[1] ?? 'invitation'
  if (method === 'DELETE') ended = new URL(url).searchParams.get('why') ?? ''
  if (method === 'PUT') kept.set(piece, new Uint8Array(body as Bytes))
  return new Response(method === 'GET' ? kept.get(piece) : method === 'POST' ? kept.get('invitation') : undefined)
}

beforeEach(() => {
  kept.clear()
  ended = ''
  refuses = undefined
  person.owner = true
  vi.stubGlobal('Worker', Worker)
  vi.stubGlobal('location', { hash: '', origin: 'https://app.example.org' }) // what modules of screens ask when they come
  vi.stubGlobal('history', { state: null })
  vi.stubGlobal('addEventListener', () => undefined)
  vi.stubGlobal('navigator', { onLine: true, languages: ['en'], userAgent: 'iPhone Safari/', maxTouchPoints: 5 })
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => server(url, init))
})

afterEach(() => {
  for (const one of phones.splice(0)) one.stop()
})

/** What the server has of a meeting, as the QR code leads there. */
async function met(): Promise<Meeting> {
  return { server: issuer, code: await codeOf(kept.get('invitation') as Bytes) }
}

type Phone = Awaited<ReturnType<typeof phone>>

/** A camera that is held to what a phone shows, until it has seen enough. */
async function sees<T>({ core }: Phone, hear: (text: string) => Promise<T>, enough: () => boolean): Promise<T[]> {
  const heard: T[] = []
  for (let number = 0; number < 40 && !enough(); number++) heard.push(await hear(await read((await core.ask('frame', { number })).result)))
  return heard
}

/** Reads a QR code: strokes "Mx y.5hN" in a square. */
async function read({ size, path }: Picture): Promise<string> {
  const [scale, across] = [4, 4 * (size + 8)]
  const data = new Uint8ClampedArray(4 * across * across).fill(255)
  for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)\.5h(\d+)/g)) {
    for (let row = scale * (Number(y) + 4); row < scale * (Number(y) + 5); row++) {
      const at = row * across + scale * (Number(x) + 4)
      for (let i = at; i < at + scale * Number(run); i++) data.fill(0, 4 * i, 4 * i + 3)
    }
  }
  const [found] = await readBarcodes({ data, width: across, height: across, colorSpace: 'srgb' } as ImageData, { formats: ['QRCode'] })
  return found?.text ?? ''
}

/** The old phone scans what the new one shows, and its person agrees. */
async function agreed({ old }: Phone, taker: Phone): Promise<string> {
  await sees(taker, old.findNew, () => old.step.value.at === 'confirm')
  expect(old.step.value).toMatchObject({ at: 'confirm', wants: 'accounts' })
  await old.agree()
  const { value } = old.step
  if (value.at !== 'digits') throw new Error(value.at)
  return value.digits
}

const wrong = (digits: string) => String((Number(digits) + 1) % 1_000_000).padStart(6, '0')

test('through the server everything goes over, and both count what arrived', async () => {
  const [giver, taker] = [await phone('GitHub', 'Kumo Mail'), await phone('GitHub')]
  await taker.fresh.begin('accounts')
  expect(taker.fresh.step.value).toMatchObject({ at: 'invite', meeting: await met(), showing: { frames: 1 } })
  const digits = await agreed(giver, taker)
  await taker.fresh.answer('12345')
  expect(taker.fresh.step.value).toMatchObject({ at: 'invite', wrong: true })
  await taker.fresh.answer(digits)
  const arrived = { of: 2, arrived: 2, beside: 0, personal: 0, work: 0 }
  expect(taker.fresh.step.value).toMatchObject({ at: 'done', arrived })
  expect(taker.fresh.step.value).not.toHaveProperty('showing')
  await vi.waitFor(() => expect(giver.old.step.value).toEqual({ at: 'done', wants: 'accounts', arrived }), { timeout: 10_000 })
  expect(ended).toBe('done')
  expect((await taker.store.load()).entries.map((entry) => entry.issuer).sort()).toEqual(['GitHub', 'Kumo Mail'])
  for (const piece of kept.values()) {
    for (const secret of ['GitHub', 'Kumo', secretOf('GitHub'), digits]) expect(Buffer.from(piece).includes(secret)).toBe(false)
  }
})

test('a code that was typed leads where the QR code does', async () => {
  const [giver, taker] = [await phone('GitHub'), await phone()]
  await taker.fresh.begin('accounts')
  const { code } = await met()
  giver.old.to({ at: 'type' })
  await giver.old.findTyped(`${code.startsWith('0') ? '1' : '0'}${code.slice(1)}`)
  expect(giver.old.step.value).toEqual({ at: 'type', remark: { title: 'move.meet.title', text: 'move.meet.offline' } }) // not the invitation of that code
  await giver.old.findTyped(code)
  expect(giver.old.step.value).toMatchObject({ at: 'confirm', wants: 'accounts' })
  await giver.old.agree()
  const { value } = giver.old.step
  await taker.fresh.answer(value.at === 'digits' ? value.digits : '')
  expect(taker.fresh.step.value).toMatchObject({ at: 'done', arrived: { of: 1, arrived: 1 } })
})

test('nothing is shown to somebody who does not open the lock', async () => {
  const [giver, taker] = [await phone('GitHub'), await phone()]
  await taker.fresh.begin('accounts')
  person.owner = false
  await expect(agreed(giver, taker)).rejects.toThrow('confirm')
})

test('other digits end it on both phones', async () => {
  const [giver, taker] = [await phone('GitHub'), await phone()]
  await taker.fresh.begin('accounts')
  await taker.fresh.answer(wrong(await agreed(giver, taker)))
  expect(taker.fresh.step.value).toEqual({ at: 'ended', why: 'digits' })
  expect(giver.old.step.value).toEqual({ at: 'ended', why: 'digits' })
  expect(kept.has('parcel')).toBe(false)
})

test('a phone that is left ends it on the other', async () => {
  const [giver, taker] = [await phone('GitHub'), await phone()]
  await taker.fresh.begin('accounts')
  const digits = await agreed(giver, taker)
  await giver.old.leave()
  expect(ended).toBe('left')
  await taker.fresh.answer(digits)
  expect(taker.fresh.step.value).toEqual({ at: 'ended', why: 'left' })
})

/** The old phone's camera is held to the answer. */
async function hears({ old }: Phone, taker: Phone): Promise<void> {
  const { value } = old.step
  if (value.at !== 'digits' || value.server) throw new Error('not from screen to camera')
  old.to({ ...value, at: 'hear' })
  await sees(taker, old.hearAnswer, () => old.step.value.at !== 'hear')
}

test('without a server it begins with moving codes, and ends in the same receipts', async () => {
  refuses = () => Response.json({}, { status: 502 })
  const [giver, taker] = [await phone('GitHub'), await phone()]
  await taker.fresh.begin('accounts')
  expect(taker.fresh.step.value).toMatchObject({ at: 'invite', detour: 'offline' })
  await taker.fresh.answer(await agreed(giver, taker))
  await hears(giver, taker)
  expect(giver.old.step.value).toMatchObject({ at: 'show' })
  taker.fresh.look()
  await sees(giver, taker.fresh.hear, () => taker.fresh.step.value.at === 'done')
  expect(taker.fresh.step.value).toMatchObject({ at: 'done', arrived: { of: 1, arrived: 1 }, showing: { frames: 1 } })
  await sees(taker, giver.old.hearReceipt, () => giver.old.step.value.at === 'done')
  expect(giver.old.step.value).toMatchObject({ at: 'done', arrived: { of: 1, arrived: 1 } })
})

test('without a server other digits end it too', async () => {
  refuses = () => Response.json({}, { status: 502 })
  const [giver, taker] = [await phone('GitHub'), await phone()]
  await taker.fresh.begin('accounts')
  await taker.fresh.answer(wrong(await agreed(giver, taker)))
  await hears(giver, taker)
  expect(giver.old.step.value).toEqual({ at: 'ended', why: 'digits' })
})

test('a server that goes away half-way is gone round, with the same digits', async () => {
  const [giver, taker] = [await phone('GitHub'), await phone()]
  await taker.fresh.begin('accounts')
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  const digits = await agreed(giver, taker)
  refuses = () => Response.json({}, { status: 502 })
  const answered = taker.fresh.answer(digits)
  const both = () => taker.fresh.step.value.at === 'answer' && giver.old.step.value.at === 'digits' && !giver.old.step.value.server
  while (!both()) await vi.advanceTimersByTimeAsync(500)
  vi.useRealTimers()
  await answered
  expect(taker.fresh.step.value).toMatchObject({ detour: 'offline' })
  expect(giver.old.step.value).toMatchObject({ digits, detour: 'offline' })
  await hears(giver, taker)
  expect(giver.old.step.value).toMatchObject({ at: 'show' })
})

test('who goes on without the internet takes the other phone along', async () => {
  const [giver, taker] = [await phone('GitHub'), await phone()]
  await taker.fresh.begin('accounts')
  const digits = await agreed(giver, taker)
  refuses = (path) => (path.endsWith('/parcel') ? new Response() : undefined) // it takes its time
  void taker.fresh.answer(digits)
  await vi.waitFor(() => expect(giver.old.step.value.at).toBe('sent'), { timeout: 10_000 })
  await taker.fresh.screenOnly('chosen')
  await vi.waitFor(() => expect(giver.old.step.value).toMatchObject({ at: 'show', detour: 'chosen' }), { timeout: 10_000 })
  await sees(giver, taker.fresh.hear, () => taker.fresh.step.value.at === 'done')
  expect(taker.fresh.step.value).toMatchObject({ at: 'done', arrived: { of: 1, arrived: 1 } })
})

test.each([
  [403, { error: 'other_network' }, 'network'],
  [409, { error: 'taken' }, 'taken'],
  [404, { error: 'gone_unknown' }, 'over'],
  [410, { error: 'closed', state: 'left' }, 'over'],
  [502, {}, 'offline'],
])('%i %o: why the phones did not meet is said over the camera', async (status, body, words) => {
  const [giver, taker] = [await phone('GitHub'), await phone()]
  await taker.fresh.begin('accounts')
  refuses = () => Response.json(body, { status })
  let tried = 0
  const remarks = await sees(taker, giver.old.findNew, () => tried++ === 1)
  expect(remarks).toEqual([{ title: 'move.meet.title', text: `move.meet.${words}` }])
  expect(giver.old.step.value).toEqual({ at: 'begin' })
})

test('a server cannot put another invitation in the place of the one that was scanned', async () => {
  const [giver, taker, stranger] = [await phone('GitHub'), await phone(), await phone()]
  await taker.fresh.begin('accounts')
  await stranger.fresh.begin('accounts') // and the server gives out that one
  let tried = 0
  await sees(taker, giver.old.findNew, () => tried++ === 1)
  expect(giver.old.step.value).toEqual({ at: 'begin' })
})
