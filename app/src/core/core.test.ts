import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { buildCrew, crew as anotherCrew } from '../../build/crew'
import { exampleEntry } from '../../build/examples'
import { closeDatabase, databaseName } from '../store/database'
import { addEntry, removeEntry, type Vault } from '../store/vault'
import type { Found } from './ops'
import { serve, type Tells } from './serve'
import type { Core, Crew } from './worker'

beforeAll(buildCrew, 300_000)

let crews = 0

function crew(): Crew {
  crews++
  return anotherCrew()
}

/** A tab of its own: nothing in memory, the same disk. */
async function tab(spawn = crew, idle = 60_000) {
  vi.resetModules()
  const { store, vault } = await import('../store/store')
  const { newClient, CoreTrouble } = await import('./core')
  const worker = new (await import('./worker')).Core(spawn, idle)
  await store.load()
  open.push(worker)
  return { store, vault, core: newClient(worker), worker, CoreTrouble }
}

const open: Core[] = []
const base32 = { a: 'MFRGGZDF', b: 'MZXW6YTB', c: 'MZXW6YTBOI' }
const names = ({ entries }: Vault) => entries.map(({ name }) => name)

/** As on another phone: nothing was ever kept here. */
async function forget(): Promise<void> {
  for (const worker of open.splice(0)) worker.stop()
  await closeDatabase()
  await new Promise((resolve) => {
    const erased = indexedDB.deleteDatabase(databaseName)
    erased.onsuccess = resolve
    erased.onblocked = resolve
  })
}

beforeEach(async () => {
  crews = 0
  await forget()
})

afterEach(() => {
  for (const worker of open.splice(0)) worker.stop()
})

test('the core and the app change one vault', async () => {
  const { store, vault, core } = await tab()
  await store.change((before) => addEntry(before, exampleEntry({ id: 'a', name: 'by the app' })))
  const { id } = await core.change('addURI', { uri: 'otpauth://totp/Bank:by%20the%20core?secret=MFRGGZDF' })
  await store.change((before) => addEntry(before, exampleEntry({ id: 'c', name: 'by the app again', secret: 'MZXW6YTB' })))
  await core.change('move', { id, above: '' })
  expect(names(vault.value).sort()).toEqual(['by the app', 'by the app again', 'by the core'])
  expect(vault.value.entries.find((entry) => entry.id === id)?.order).toBe(0)
  expect(names((await tab()).vault.value)).toEqual(names(vault.value)) // on the disk
})

test('an account that changes leaves the others the very objects that they were', async () => {
  const { store, vault, core } = await tab()
  for (const [id, secret] of Object.entries(base32)) await store.change((before) => addEntry(before, exampleEntry({ id, name: id, secret })))
  await core.adopt()
  await core.change('edit', { id: 'a', note: 'first' })
  const [, b, c] = vault.value.entries
  await core.change('edit', { id: 'a', note: 'second' })
  expect(vault.value.entries.map(({ note }) => note)).toEqual(['second', '', ''])
  expect(vault.value.entries[1]).toBe(b)
  await core.change('move', { id: 'b', above: 'c' })
  expect(names(vault.value)).toEqual(['a', 'c', 'b'])
  expect(vault.value.entries[1]).toBe(c)
  await core.change('remove', { ids: ['a'] })
  await core.change('addURI', { uri: 'otpauth://totp/d?secret=MFRGGZDFMZXW6' })
  expect(names(vault.value)).toEqual(['c', 'b', 'd'])
  await store.change((before) => ({ ...before, entries: before.entries.map((one) => ({ ...one, note: 'by the app' })) }))
  await core.change('undo', {}) // nothing was lost of the core's half meanwhile
  const again = await tab()
  expect(again.vault.value.entries).toEqual(vault.value.entries)
  expect((await again.core.ask('trash', {})).result).toHaveLength(1)
})

test('what the app removed is in the trash of the core', async () => {
  const { store, vault, core } = await tab()
  await store.change((before) => addEntry(before, exampleEntry({ id: 'a' })))
  await core.adopt()
  await core.adopt()
  await store.change((before) => removeEntry(before, 'a'))
  const { result } = await core.ask('trash', {})
  expect(result.map(({ account }) => account.id)).toEqual(['a'])
  expect(await core.change('undo', {})).toMatchObject({ did: 'remove', count: 1 })
  expect(vault.value.entries).toHaveLength(1)
})

test('a vault is told to the core once, and again when another tab changed it', async () => {
  const one = await tab()
  await one.core.change('addURI', { uri: 'otpauth://totp/a?secret=MFRGGZDF' })
  const two = await tab()
  await Promise.all([
    one.core.change('addURI', { uri: 'otpauth://totp/b?secret=MZXW6YTB' }),
    two.store.change((before) => addEntry(before, exampleEntry({ id: 'c', name: 'c' }))),
  ])
  await one.core.change('addURI', { uri: 'otpauth://totp/d?secret=MZXW6YTBOI' })
  expect(names((await tab()).vault.value).sort()).toEqual(['a', 'b', 'c', 'd'])
})

test('what the core refuses changes nothing and says why', async () => {
  const { store, vault, core, CoreTrouble } = await tab()
  await store.change((before) => addEntry(before, exampleEntry()))
  const before = vault.value
  const refused = core.change('edit', { id: 'nobody', name: 'x' })
  await expect(refused).rejects.toThrow(CoreTrouble)
  await expect(refused).rejects.toMatchObject({ why: { code: 'unknown' } })
  expect(vault.value).toBe(before)
})

test('a change that does not fit on the disk has not happened for the core either', async () => {
  const { store, vault, core } = await tab()
  await store.change((before) => addEntry(before, exampleEntry({ id: 'a', name: 'before' })))
  await core.ask('last', {})
  const full = vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementationOnce(() => {
    throw new DOMException('full', 'QuotaExceededError')
  })
  await expect(core.change('edit', { id: 'a', name: 'lost' })).rejects.toMatchObject({ why: 'full' })
  full.mockRestore()
  await core.change('edit', { id: 'a', note: 'kept' })
  expect(vault.value.entries[0]).toMatchObject({ name: 'before', note: 'kept' })
})

test('a file is read, imported and taken back; its password work can be cancelled', async () => {
  const { vault, core } = await tab()
  await core.change('addURI', { uri: 'otpauth://totp/GitHub:mei?secret=MFRGGZDF&issuer=GitHub' })
  const told: number[] = []
  const sealed = await core.ask('export', { format: 'aegis', password: 'p' }, { progress: (done) => told.push(done) })
  expect(told.length).toBeGreaterThan(0)
  const file = () => Uint8Array.from(sealed.file ?? [])

  await expect(core.ask('read', {}, { bytes: file() })).rejects.toMatchObject({ why: { code: 'needs_password', hint: { format: { id: 'aegis' } } } })
  const stop = new AbortController()
  const reading = core.ask('read', { password: 'p' }, { bytes: file(), signal: stop.signal, progress: () => stop.abort() })
  await expect(reading).rejects.toMatchObject({ why: { code: 'cancelled' } })

  await core.change('edit', { id: vault.value.entries[0]?.id ?? '', recipe: { type: 'totp', secret: 'MZXW6YTB' } })
  const { result } = await core.ask('read', { password: 'p' }, { bytes: file() })
  expect((result as Found).items[0]).toMatchObject({ state: 'conflict', reasons: ['other_secret'], choice: 'add' })
  expect(await core.change('import', { choices: { 0: 'replace' } })).toMatchObject({ replaced: 1 })
  expect(vault.value.entries.map(({ secret }) => secret)).toEqual(['MFRGGZDF'])
  await core.change('undo', {})
  expect(vault.value.entries.map(({ secret }) => secret)).toEqual(['MZXW6YTB'])
}, 60_000)

test('a worker without work is let go, unless it holds what was read', async () => {
  const { core, worker } = await tab(crew, 10)
  const gone = () => vi.waitFor(() => expect(worker.shift).toBeUndefined())
  await core.change('addURI', { uri: 'otpauth://totp/a?secret=MFRGGZDF' })
  await gone()
  await core.ask('read', {}, { bytes: new TextEncoder().encode('otpauth://totp/b?secret=MZXW6YTB') })
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(worker.shift).toBeDefined()
  expect(await core.change('import', {})).toMatchObject({ added: 1 })
  await gone()
  expect(await core.ask('last', {})).toMatchObject({ result: { did: 'import' } })
  expect(crews).toBe(3)
})

test('a core that ends by itself, without memory, is told as broken', async () => {
  const real = Reflect.get(globalThis, 'Go')
  Reflect.set(
    globalThis,
    'Go',
    class {
      importObject = {}
      run = () => Promise.resolve()
    },
  )
  const told: Tells[] = []
  serve({ postMessage: (message) => void told.push(message), addEventListener: () => undefined }, () => Promise.resolve({ exports: {} }))
  Reflect.set(globalThis, 'Go', real)
  await vi.waitFor(() => expect(told).toEqual([{ broken: 'ended' }]))
})

test('a core that cannot be loaded says so, and is tried again', async () => {
  let broken = true
  const { core } = await tab(() => {
    if (!broken) return crew()
    broken = false
    const dead = { postMessage: () => setTimeout(() => dead.onmessage?.call(dead as never, { data: { broken: 'no network' } } as never)), terminate() {}, onmessage: null, onerror: null } as Crew
    return dead
  })
  await expect(core.ask('last', {})).rejects.toMatchObject({ why: { code: 'unavailable' } })
  expect((await core.ask('last', {})).result).toBeNull()
})

test('a sealed file goes out and comes in again, by way of both parts', async () => {
  const { core } = await tab()
  await core.change('addURI', { uri: 'otpauth://totp/GitHub:mei?secret=MFRGGZDF&issuer=GitHub' })
  const { file: text } = await core.ask('export', { format: 'own' })
  const { file } = await core.sealed('seal', { password: 'p' }, { bytes: text as Uint8Array<ArrayBuffer> })
  const sealed = () => new Uint8Array(file as Uint8Array<ArrayBuffer>)
  expect(new TextDecoder().decode(sealed().slice(0, 21))).toBe('age-encryption.org/v1')
  await expect(core.ask('read', {}, { bytes: sealed() })).rejects.toMatchObject({ why: { code: 'needs_password', hint: { format: { id: 'sealed' } } } })
  await expect(core.sealed('unseal', { password: 'q' }, { bytes: sealed() })).rejects.toMatchObject({ why: { code: 'password' } })
  const opened = await core.sealed('unseal', { password: 'p' }, { bytes: sealed() })
  const { result } = await core.ask('read', {}, { bytes: opened.file as Uint8Array<ArrayBuffer> })
  expect(result.items).toMatchObject([{ issuer: 'GitHub', state: 'same' }])
})

// 02-protocols §6: nothing here is overwritten, and what approves never travels.
test('a backup is recovered by its key: what is here is kept, a work account waits to be issued anew', async () => {
  const { core } = await tab()
  const { key } = (await core.sealed('newKey', {})).result
  const { keys } = (await core.sealed('beginBackup', { device: 'Old phone', key })).result
  const server = { issuer: 'https://id.aoba.example', host: 'id.aoba.example', directory: { id: 'D', name: 'Aoba', kind: 'organization' }, subject: 'S' }
  const code = { secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', algorithm: 'SHA1' as const, digits: 6, period: 30 }
  const lost: Vault = {
    version: 1,
    lineage: 'f'.repeat(32),
    settings: { nextEarly: true, clockOffset: 0 },
    entries: [
      exampleEntry({ id: 'b', issuer: 'Bank', name: 'mei', secret: 'KRSXG5CTMVRXEZLU' }),
      exampleEntry({ id: 'g', issuer: 'Gitlane', name: 'mei', secret: 'MFRGGZDFMZTWQ2LK' }),
      exampleEntry({ id: 'w', kind: 'work', issuer: 'Aoba', name: 'mei', secret: '', server: { ...server, registration: 'R1', state: 'active', code, numberDigits: 2 } }),
    ],
  }
  const { file } = await core.sealed('makeBackup', { keys }, { bytes: new TextEncoder().encode(JSON.stringify(lost)) })

  await forget()
  const fresh = await tab()
  await fresh.store.change((before) => addEntry(before, exampleEntry({ id: 'mine', issuer: 'Bank', name: 'mei', secret: 'GEZDGNBVGY3TQOJQ' })))
  const opened = await fresh.core.sealed('openBackup', { typed: key.toLowerCase() }, { bytes: new Uint8Array(file ?? []) })
  const { vault } = await fresh.core.sealed('contents', {})
  const result = await fresh.core.change('recover', { paired: opened.result.paired }, { bytes: new Uint8Array(vault ?? []) })
  expect(result.map(({ issuer, state, other }) => [issuer, state, other ?? false])).toEqual([
    ['Bank', 'kept', true],
    ['Gitlane', 'restored', false],
    ['Aoba', 'scan', false],
  ])
  const entries = fresh.vault.value.entries
  expect(entries.find(({ issuer }) => issuer === 'Bank')).toMatchObject({ id: 'mine', secret: 'GEZDGNBVGY3TQOJQ' })
  const aoba = entries.find(({ issuer }) => issuer === 'Aoba')
  expect(aoba).toMatchObject({ kind: 'work', server: { subject: 'S', registration: '', state: 'elsewhere', code: { secret: '' } } })
  expect(JSON.stringify(fresh.vault.value)).not.toContain(code.secret)
})
