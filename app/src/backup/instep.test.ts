import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { buildCrew, crew } from '../../build/crew'
import { exampleEntry, examplePaired } from '../../build/examples'
import type { Finding } from '../core/ops'
import type { Core } from '../core/worker'
import { base64url, sha256, type Bytes } from '../remote/bytes'
import { addEntry, type Entry, type Vault } from '../store/vault'
import type { Answered } from './instep'
import { stateOf } from './watch'

const issuer = 'https://id.example.org'

/** A place as docs/protocol.md, section 10, has it, as far as the network shows it. */
class Server {
  versions: { etag: string; version: number; archive: Bytes }[] = []
  head = 0
  deleted = false
  gone = false
  ended = new Set<string>()
  /** What happens before the next PUT, and whether its answer gets lost. */
  before?: (() => Promise<void>) | undefined
  loses = false
  full = false
  subject = 'MEI'
  #bindings = 0

  fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const [method, path, headers] = [init.method, url.slice(issuer.length), new Headers(init.headers)]
    if (path === '/backup/bindings') return this.bind()
    const id = /keyid="([^"]+)"/.exec(headers.get('Signature-Input') ?? '')?.[1] ?? ''
    if (this.ended.has(id)) return Response.json({ error: 'binding_ended', state: 'signed_out' }, { status: 401 })
    if (path === '/backup/place') return Response.json(this.place(id))
    if (path === '/backup/undelete' && this.gone) return Response.json({ error: 'no_backup' }, { status: 404 })
    if (path === '/backup/undelete') this.deleted = false
    if (path === '/backup/binding' && method === 'DELETE') this.ended.add(id)
    if (path === '/backup/undelete' || path === '/backup/binding') return new Response(null, { status: 204 })
    if (this.deleted) return Response.json({ error: 'backup_deleted', until: 1 }, { status: 410 })
    if (method === 'PUT') return this.put(headers, new Uint8Array(init.body as Bytes))
    const found = path === '/backup/latest' ? this.newest : this.versions.find(({ version }) => path === `/backup/versions/${version}`)
    if (!found) return Response.json({ error: 'no_backup' }, { status: 404 })
    return new Response(found.archive, { headers: { 'Content-Type': 'application/x-tar', ETag: `"${found.etag}"` } })
  }

  get newest() {
    return this.versions.at(-1)
  }

  private bind(): Response {
    const binding = `B${++this.#bindings}`
    return Response.json({ binding, rights: 'write', expires_at: 0, person: { subject: this.subject, login: 'mei@mail.example', name: 'Mei' }, place: this.place(binding) }, { status: 201 })
  }

  private place(binding: string) {
    const latest = this.newest && { version: this.newest.version, etag: this.newest.etag, size: 1, at: 1, network: '' }
    return { binding, rights: 'write', expires_at: 0, paused: false, latest, used: 0, quota: 1, devices: [], server_time: 1, ...(this.deleted && { deleted_until: 1 }) }
  }

  private async put(headers: Headers, archive: Bytes): Promise<Response> {
    const first = this.before
    this.before = undefined
    await first?.()
    if (this.full) return Response.json({ error: 'storage_full' }, { status: 507 })
    const follows = headers.get('If-Match')?.slice(1, -1)
    if (follows !== this.newest?.etag) return Response.json({ error: 'conflict' }, { status: 412 })
    const version = ++this.head
    const etag = `${version}-${base64url(await sha256(archive))}`
    this.versions.push({ etag, version, archive })
    if (this.loses) throw new TypeError('the line broke')
    return Response.json({ version, etag, size: archive.length, at: 1, network: '' }, { status: 201 })
  }
}

let server: Server
const cores: Core[] = []

beforeAll(buildCrew, 300_000)

beforeEach(() => {
  server = new Server()
  vi.stubGlobal('fetch', server.fetch)
  vi.stubGlobal('navigator', { onLine: true, languages: ['en'], userAgent: 'iPhone Safari/', maxTouchPoints: 5 })
})

afterEach(() => {
  for (const core of cores.splice(0)) core.stop()
})

/** A device of its own: another disk, and nothing in memory. */
async function device(...entries: Entry[]) {
  vi.stubGlobal('indexedDB', new IDBFactory())
  vi.resetModules()
  const { store, vault } = await import('../store/store')
  const { newClient } = await import('../core/core')
  const worker: Core = new (await import('../core/worker')).Core(() => {
    for (const other of cores) if (other !== worker) other.stop() // one realm has one core: they take turns
    return crew()
  }, 60_000)
  const core = newClient(worker)
  cores.push(worker)
  const [turn, instep, kept, checkup] = [await import('./turn'), await import('./instep'), await import('./kept'), await import('./checkup')]
  await store.load()
  await store.change((before: Vault) => entries.reduce(addEntry, before))
  await core.adopt()

  const notice = async () => {
    const { vaultGeneration } = await import('../store/store')
    const { change } = await import('./watch')
    await kept.edit((one) => (one.seen < vaultGeneration.peek() ? { ...one, seen: vaultGeneration.peek(), watch: change(one.watch, Date.now()) } : one))
  }
  return {
    core,
    store,
    turn,
    kept,
    names: () => vault.value.entries.map(({ issuer: name }) => name).toSorted(),
    state: async () => {
      const now = await kept.read()
      return now && stateOf(now.watch, Date.now())
    },
    async add(name: string) {
      await core.change('add', { type: 'totp', issuer: name, name: 'mei', secret: secretOf(name) })
      await notice()
    },
    async remove(...names: string[]) {
      await core.change('remove', { ids: vault.value.entries.filter((one) => names.includes(one.issuer)).map(({ id }) => id) })
      await notice()
    },
    backUp: (answer?: Answered) => instep.backUp(core, answer),
    compare: (n: number) => instep.compare(core, n),
    bringBack: (n: number) => instep.bringBack(core, n),
    practise: (typed?: string) => checkup.practise(core, typed),
    /** Lines of the check-up about something. */
    finds: async (what: Finding['what']) => (await checkup.checkUp(core)).filter((line) => line.what === what),
    /** Signs in, and begins or joins with the recovery key. */
    async turnOn(key: string) {
      await turn.settle(issuer, 'TOKEN')
      const home = kept.begun.value!
      const there = await turn.look(core, home)
      if (there.stored) await turn.join(core, home, there, { typed: key })
      else await turn.beginHere(core, home, key, there)
    },
    newKey: async () => (await core.sealed('newKey', {})).result.key,
  }
}

/** Two accounts of one secret would be one. */
function secretOf(name: string): string {
  return [...name.padEnd(16, 'A')].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[letter.charCodeAt(0) % 32]).join('')
}

const entry = (name: string) => exampleEntry({ id: name.toLowerCase().padEnd(32, '0'), issuer: name, secret: secretOf(name) })

async function two() {
  const a = await device(entry('Bank'), entry('Mail'))
  const key = await a.newKey()
  await a.turnOn(key)
  const b = await device(entry('Shop'))
  await b.turnOn(key)
  return { a, b, key }
}

test('what is switched on is stored, read back and opened; each change is the next version', async () => {
  const a = await device(entry('Bank'))
  await a.turnOn(await a.newKey())
  expect(await a.state()).toBe('fine')
  expect((await a.kept.read())?.watch.verified).toBeGreaterThan(0)
  await a.add('Mail')
  expect(await a.state()).toBe('waiting')
  await a.backUp()
  expect(await a.state()).toBe('fine')
  expect(server.versions.map(({ version }) => version)).toEqual([1, 2])
})

test('a device that joins overwrites nothing, and both have all', async () => {
  const { a, b } = await two()
  expect(b.names()).toEqual(['Bank', 'Mail', 'Shop'])
  await a.backUp()
  expect(a.names()).toEqual(['Bank', 'Mail', 'Shop'])
  expect([await a.state(), await b.state()]).toEqual(['fine', 'fine'])
})

test('of two that store at once one is told, takes the other’s in, and stores both', async () => {
  const { a, b } = await two()
  await a.add('Left')
  await b.add('Right')
  server.before = () => b.backUp()
  await a.backUp()
  expect(a.names()).toEqual(['Bank', 'Left', 'Mail', 'Right', 'Shop'])
  await b.backUp()
  expect(b.names()).toEqual(a.names())
})

test('an answer that was lost is found by reading', async () => {
  const a = await device(entry('Bank'))
  await a.turnOn(await a.newKey())
  await a.add('Mail')
  server.loses = true
  await expect(a.backUp()).rejects.toMatchObject({ reason: { why: 'unreachable' } })
  expect(await a.state()).toBe('waiting')
  server.loses = false
  await a.backUp()
  expect(await a.state()).toBe('fine')
  expect(a.names()).toEqual(['Bank', 'Mail'])
})

test('a server that was set back is noticed, said, and gets what is here', async () => {
  const a = await device(entry('Bank'))
  await a.turnOn(await a.newKey())
  await a.add('Mail')
  await a.backUp()
  server.versions.pop()
  await a.backUp()
  expect((await a.kept.read())?.setBack).toBeGreaterThan(0)
  expect(a.names()).toEqual(['Bank', 'Mail'])
  expect(await a.state()).toBe('fine')
  expect(server.versions).toHaveLength(2)
})

test('a binding that ended waits for a sign-in, and goes on after it', async () => {
  const a = await device(entry('Bank'))
  await a.turnOn(await a.newKey())
  server.ended.add('B1')
  await expect(a.backUp()).rejects.toThrow()
  expect(await a.state()).toBe('needs_sign_in')
  server.subject = 'SOMEBODY'
  expect(await a.turn.signInAgain(a.core, issuer, 'TOKEN')).toBe(false)
  expect(await a.state()).toBe('needs_sign_in')
  server.subject = 'MEI'
  expect(await a.turn.signInAgain(a.core, issuer, 'TOKEN')).toBe(true)
  expect(await a.state()).toBe('fine')
})

test('deleted and full are states of their own, and end when the reason does', async () => {
  const a = await device(entry('Bank'))
  await a.turnOn(await a.newKey())
  server.deleted = true
  await expect(a.backUp()).rejects.toThrow()
  expect(await a.state()).toBe('deleted_elsewhere')
  await a.turn.undelete(a.core)
  expect(await a.state()).toBe('fine')
  await a.add('Mail')
  server.full = true
  await expect(a.backUp()).rejects.toThrow()
  expect(await a.state()).toBe('storage_full')
  server.full = false
  await a.turn.goOn(a.core)
  expect(await a.state()).toBe('fine')
})

test('a deleted backup that is gone for good cannot be brought back, so it is begun anew', async () => {
  const a = await device(entry('Bank'))
  await a.turnOn(await a.newKey())
  server.deleted = server.gone = true
  await expect(a.backUp()).rejects.toThrow()
  await expect(a.turn.undelete(a.core)).rejects.toMatchObject({ reason: { code: 'no_backup' } })
  expect(await a.state()).toBe('account_changed')
})

test('another line in the place is shown and never merged; nothing of ours goes over it', async () => {
  const { a, b, key } = await two()
  const stranger = await device(entry('Else'))
  await stranger.turn.settle(issuer, 'TOKEN')
  const home = stranger.kept.begun.value!
  const there = await stranger.turn.look(stranger.core, home)
  await stranger.turn.beginHere(stranger.core, home, await stranger.newKey(), there)
  const stored = server.versions.length
  for (const one of [a, b]) {
    await expect(one.backUp()).rejects.toThrow()
    expect(await one.state()).toBe('account_changed')
    expect(one.names()).toEqual(one === a ? ['Bank', 'Mail'] : ['Bank', 'Mail', 'Shop'])
  }
  expect(server.versions).toHaveLength(stored)
  expect(await stranger.state()).toBe('fine')
  await expect(device().then((fresh) => fresh.turnOn(key))).rejects.toMatchObject({ why: { code: 'key' } })
})

test('that another device removed many waits for the person, whichever they say', async () => {
  const many = ['One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven']
  const a = await device(...many.map(entry))
  const key = await a.newKey()
  await a.turnOn(key)
  const b = await device()
  await b.turnOn(key)
  const c = await device()
  await c.turnOn(key)
  await b.remove(...many.slice(0, 6))
  await b.backUp()
  await expect(a.backUp()).rejects.toMatchObject({ why: { code: 'asks' } })
  expect([await a.state(), a.names().length]).toEqual(['asks', 7])
  await a.turn.goOn(a.core, 'delete')
  expect([await a.state(), a.names()]).toEqual(['fine', ['Seven']])
  await expect(c.backUp()).rejects.toMatchObject({ why: { code: 'asks' } })
  await c.turn.goOn(c.core, 'keep')
  expect(c.names().length).toBe(7)
})

test('an earlier version brings back what was removed, and changes nothing else', async () => {
  const a = await device(entry('Bank'), entry('Mail'))
  await a.turnOn(await a.newKey())
  await a.remove('Mail')
  await a.add('Shop')
  await a.backUp()
  const { new: fresh, changed, missing } = await a.compare(1)
  expect([fresh, changed, missing].map((all) => all.map((one) => one.issuer))).toEqual([['Mail'], [], ['Shop']])
  expect(a.names()).toEqual(['Bank', 'Shop'])
  const list = await a.bringBack(1)
  expect(list.map(({ issuer: name, state }) => [name, state]).toSorted()).toEqual([['Bank', 'kept'], ['Mail', 'restored']])
  expect(a.names()).toEqual(['Bank', 'Mail', 'Shop'])
})

test('the check-up: all is lost without a backup, and comes back with one', async () => {
  const a = await device(entry('Bank'), entry('Mail'))
  expect(await a.finds('lost')).toMatchObject([{ titles: ['Bank (mei)', 'Mail (mei)'], fix: 'turn_on' }])
  await a.turnOn(await a.newKey())
  expect(await a.finds('lost')).toEqual([])
  expect(await a.finds('returns')).toMatchObject([{ good: true, titles: ['Bank (mei)', 'Mail (mei)'] }])
  expect(await a.finds('backup')).toMatchObject([{ good: true }])
})

test('a recovery key is proven by opening the newest backup with it, and by nothing less', async () => {
  const a = await device(entry('Bank'))
  const key = await a.newKey()
  await a.turnOn(key)
  await a.practise()
  expect(await a.finds('practice')).toMatchObject([{ good: true, at: expect.any(Number) as number }])
  expect((await a.kept.read())?.practised).toBeGreaterThan(0)
  expect(await a.finds('way')).toMatchObject([{ kind: 'key', good: false, fix: 'prove_key', at: 0 }])
  await expect(a.newKey().then((other) => a.practise(other))).rejects.toMatchObject({ why: { code: 'key' } })
  expect(await a.finds('way')).toMatchObject([{ good: false }])
  await a.practise(key)
  const [way] = await a.finds('way')
  expect(way).toMatchObject({ kind: 'key', good: true, fix: '' })
  expect(way?.at).toBeGreaterThan(0)
  expect(a.names()).toEqual(['Bank'])
})

test('a new recovery key is not proven by the one before', async () => {
  const a = await device(entry('Bank'))
  const key = await a.newKey()
  await a.turnOn(key)
  await a.practise(key)
  await a.turn.replaceKey(a.core, await a.newKey())
  expect(await a.finds('way')).toMatchObject([{ kind: 'key', good: false, fix: 'prove_key' }])
  await expect(a.practise(key)).rejects.toMatchObject({ why: { code: 'key' } })
})

test('who joined with the recovery key has proven it', async () => {
  const { b } = await two()
  const ways = await b.finds('way')
  expect(ways.find(({ kind }) => kind === 'key')).toMatchObject({ good: true })
  expect(ways.filter(({ kind }) => kind === 'device')).toHaveLength(1)
})

test('the check-up knows why the backup does not work, and that a question waits', async () => {
  const a = await device(entry('Bank'))
  await a.turnOn(await a.newKey())
  server.ended.add('B1')
  await expect(a.practise()).rejects.toThrow()
  expect((await a.kept.read())?.practised).toBeUndefined()
  await expect(a.backUp()).rejects.toThrow()
  expect(await a.finds('backup')).toMatchObject([{ good: false, fix: 'sign_in' }])
  const { fail } = await import('./watch')
  await a.kept.edit((one) => ({ ...one, watch: fail(one.watch, Date.now(), 'asks') }))
  expect(await a.finds('backup')).toMatchObject([{ good: false, fix: 'back_up' }])
})

test('a device that was removed opens nothing that is made afterwards', async () => {
  const { a, b } = await two()
  await a.backUp()
  const before = await b.kept.read()
  const { result } = await a.core.sealed('ways', { keys: (await a.kept.read())!.keys })
  const other = result.ways.find((way) => way.kind === 'device' && !way.this)!
  await a.turn.removeWay(a.core, other.id)
  await a.add('Secret')
  await a.backUp()
  await expect(b.backUp()).rejects.toThrow()
  expect(await b.state()).toBe('account_changed')
  expect(b.names()).not.toContain('Secret')
  await expect(b.core.sealed('readBackup', { keys: before!.keys, version: true }, { bytes: server.newest!.archive.slice() })).rejects.toMatchObject({ why: { code: 'key' } })
})

test('what the codes of a sign-in service are made from is in no backup', async () => {
  const secret = 'MZXW6YTBOJRGC6TBMZXW6YTBOJRGC6TB'
  const service = {
    issuer, host: 'id.example.org', directory: { id: 'D', name: 'Aoba', kind: 'organization' }, subject: 'S', registration: 'R',
    code: { secret, algorithm: 'SHA1' as const, digits: 6, period: 30 }, state: 'active' as const, numberDigits: 2,
  }
  const a = await device(entry('Bank'), exampleEntry({ id: 'work'.padEnd(32, '0'), kind: 'work', issuer: 'Aoba', secret: '', server: service }))
  const key = await a.newKey()
  await a.turnOn(key)
  const { result } = await a.core.sealed('openBackup', { typed: key }, { bytes: server.newest!.archive.slice() })
  expect(result.paired).toMatchObject([{ issuer: 'Aoba' }])
  const text = new TextDecoder().decode((await a.core.sealed('contents', {})).vault)
  expect(text).toContain(secretOf('Bank'))
  for (const never of [secret, 'registration', '"R"']) expect(text + JSON.stringify(result)).not.toContain(never)
})

test('N20: the servers of personal accounts hear which key whoever opens the backup has, anew when that changes, and that it is off', async () => {
  const told: { path: string; body: unknown }[] = []
  const places = server.fetch
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const path = url.slice(issuer.length)
    if (path !== '/device/registration') return places(url, init)
    told.push({ path, body: JSON.parse(new TextDecoder().decode(init.body as Bytes)) })
    return new Response(null, { status: 204 })
  })
  const of = (kind: 'personal' | 'work', registration: string, subject: string): Entry =>
    exampleEntry({ id: registration, kind, secret: '', server: { issuer, host: 'id.example.org', directory: { id: 'D', name: 'Home', kind }, subject, registration, code: { secret: 'JBSWY3DPEHPK3PXP', algorithm: 'SHA1', digits: 6, period: 30 }, state: 'active', numberDigits: 2 } })
  const a = await device(entry('Bank'), of('personal', 'MINE', 'S'), of('work', 'WORK', 'W'))
  const { keys } = await import('../store/keys')
  for (const registration of ['MINE', 'WORK']) await keys.put(registration, await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']))
  const key = await a.newKey()
  await a.turnOn(key)
  await a.backUp()
  expect(told).toHaveLength(1) // once, and for the personal account alone
  const { ways } = (await a.core.sealed('ways', { keys: (await a.kept.read())!.keys })).result
  await a.turn.replaceKey(a.core, await a.newKey())
  expect(told).toHaveLength(2)
  expect(told[1]!.body).not.toEqual(told[0]!.body)
  expect(ways).toHaveLength(2)
  await a.turn.turnOff((await a.kept.read())!)
  expect(told[2]).toEqual({ path: '/device/registration', body: { restore: null } })
})

test('a lost phone goes from the backup and from the service of the recovery account, where this one stays bound', async () => {
  const { a, b } = await two()
  const [places, told] = [server.fetch, [] as unknown[]]
  const lost = { registration: 'OLD', name: a.turn.deviceName(), platform: '', place: '', added_at: 1 }
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const path = url.slice(issuer.length)
    if (path === '/device/registration') return Response.json({ state: 'active', directory: { name: 'Home' }, older: [lost] })
    if (path !== '/device/older') return places(url, init)
    told.push(JSON.parse(new TextDecoder().decode(init.body as Bytes)))
    return new Response(null, { status: 204 })
  })
  const mine = examplePaired(issuer, { registration: 'NEW', subject: server.subject })
  await b.store.change((before: Vault) => addEntry(before, { ...mine, id: 'mine'.padEnd(32, '0') }))
  const { keys } = await import('../store/keys')
  await keys.put('NEW', await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']))
  const { lookForGone, removeGone } = await import('../recover/gone')
  const { devices, closed } = await lookForGone(b.core)
  expect(devices).toMatchObject([{ name: lost.name, holds: [{ at: 'service', app: 'OLD' }, { at: 'backup' }] }])
  expect(closed).toEqual([])
  expect(await removeGone(b.core, devices[0]!)).toEqual([])
  expect(told).toEqual([{ remove: ['OLD'], binding: (await b.kept.read())?.binding }])
  expect((await lookForGone(b.core)).devices).toMatchObject([{ holds: [{ at: 'service' }] }]) // the service here goes on telling it
  await expect(a.backUp()).rejects.toThrow()
  expect(await a.state()).toBe('account_changed')
})
