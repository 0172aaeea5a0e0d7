import { beforeEach, describe, expect, test, vi } from 'vitest'
import { exampleEntry, exampleSecret } from '../../build/examples'
import { closeDatabase, databaseName, transact } from './database'
import { openRing, type OpenRing } from './ring'
import type { Sealed } from './seal'
import { addEntry, type Vault } from './vault'

type Tab = typeof import('./store')

/** A tab of its own: nothing in memory, the same disk. */
async function tab(): Promise<Tab> {
  vi.resetModules()
  const opened = await import('./store')
  await opened.store.load()
  return opened
}

const adding = (id: string) => (vault: Vault) => addEntry(vault, exampleEntry({ id }))
const ids = (vault: Vault) => vault.entries.map(({ id }) => id).sort()

function versions(): Promise<Sealed[]> {
  return transact<Sealed[]>('versions', 'readonly', (store) => store.getAll())
}

beforeEach(async () => {
  vi.restoreAllMocks()
  await closeDatabase()
  await new Promise((resolve) => {
    const erased = indexedDB.deleteDatabase(databaseName)
    erased.onsuccess = resolve
    erased.onblocked = resolve
  })
})

describe('a change', () => {
  test('is on the disk before anybody sees it', async () => {
    const { store, vault } = await tab()
    let seen = 0
    vault.subscribe(({ entries }) => {
      if (entries.length > 0) seen++
    })
    const changing = store.change(adding('a'))
    expect(seen).toBe(0)
    await changing
    expect(seen).toBe(1)
    expect(ids((await tab()).vault.value)).toEqual(['a'])
  })

  test('that fails half-way leaves everything as it was', async () => {
    const { store, vault } = await tab()
    await store.change(adding('a'))
    const failing = store.change(() => {
      throw new RangeError('half-way')
    })
    await expect(failing).rejects.toThrow()
    expect(ids(vault.value)).toEqual(['a'])
    expect(await versions()).toHaveLength(1)
  })

  test('that changes nothing writes nothing', async () => {
    const { store } = await tab()
    await store.change(adding('a'))
    await store.change((vault) => vault)
    expect(await versions()).toHaveLength(1)
  })

  test('without room says so and changes nothing', async () => {
    const { store, vault } = await tab()
    await store.change(adding('a'))
    vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementation(() => {
      throw new DOMException('no room', 'QuotaExceededError')
    })
    await expect(store.change(adding('b'))).rejects.toMatchObject({ why: 'full' })
    expect(ids(vault.value)).toEqual(['a'])
  })
})

describe('on the disk', () => {
  test('nothing can be read without the key, and the key cannot be read', async () => {
    const { store } = await tab()
    await store.change(adding('a'))
    const [sealed] = await versions()
    const bytes = Buffer.from(sealed!.box).toString('latin1')
    for (const plain of [exampleSecret, 'Gitlane', 'mei', 'entries']) expect(bytes).not.toContain(plain)
    const ring = await transact<OpenRing>('secrets', 'readonly', (secrets) => secrets.get('data'))
    for (const key of [ring.key, (await openRing(ring)).key]) {
      expect(key.extractable).toBe(false)
      await expect(crypto.subtle.exportKey('raw', key)).rejects.toThrow()
    }
  })

  test('the five newest versions are kept', async () => {
    const { store } = await tab()
    for (let i = 0; i < 8; i++) await store.change(adding(String(i)))
    expect((await versions()).map(({ generation }) => generation)).toEqual([4, 5, 6, 7, 8])
  })

  test('a damaged newest version falls back to the one before, says so, and life goes on', async () => {
    const { store } = await tab()
    await store.change(adding('a'))
    await store.change(adding('b'))
    const newest = (await versions()).at(-1)!
    new Uint8Array(newest.box)[20]! ^= 1
    await transact('versions', 'readwrite', (all) => all.put(newest))
    const after = await tab()
    expect(ids(after.vault.value)).toEqual(['a'])
    expect(after.damaged()).toBeInstanceOf(Date)
    await after.store.change(adding('c'))
    expect(after.damaged()).toBeUndefined()
    expect(ids((await tab()).vault.value)).toEqual(['a', 'c'])
  })

  test('a version cannot pass for another', async () => {
    const { store } = await tab()
    await store.change(adding('a'))
    const [sealed] = await versions()
    await transact('versions', 'readwrite', (all) => all.put({ ...sealed, generation: 9 }))
    expect((await tab()).damaged()).toBeInstanceOf(Date)
  })

  test('what no kept version opens is said to be unreadable', async () => {
    const { store } = await tab()
    await store.change(adding('a'))
    await transact('secrets', 'readwrite', (secrets) => secrets.delete('data'))
    vi.resetModules()
    const { store: other } = await import('./store')
    await expect(other.load()).rejects.toMatchObject({ why: 'unreadable' })
  })

  test('what a newer app wrote is not opened by an older one', async () => {
    const { store } = await tab()
    await store.change((vault) => ({ ...vault, version: 2 as never }))
    vi.resetModules()
    const { store: older } = await import('./store')
    await expect(older.load()).rejects.toMatchObject({ why: 'newer' })
  })
})

describe('two tabs', () => {
  test('that change at once lose nothing', async () => {
    const one = await tab()
    const two = await tab()
    const all = Array.from({ length: 10 }, (_, i) => [one.store.change(adding(`a${i}`)), two.store.change(adding(`b${i}`))])
    await Promise.all(all.flat())
    const { entries } = (await tab()).vault.value
    expect(entries).toHaveLength(20)
    expect(new Set(entries.map(({ order }) => order)).size).toBe(20)
  })

  test('agree on what each of them changed', async () => {
    const one = await tab()
    const two = await tab()
    const heard = new Promise<void>((resolve) => {
      two.vault.subscribe(({ entries }) => {
        if (entries.length > 0) resolve()
      })
    })
    await one.store.change(adding('a'))
    await heard
    expect(two.vault.value).toEqual(one.vault.value)
  })

  test('that begin at once share one key', async () => {
    const one = await tab()
    const two = await tab()
    await Promise.all([one.store.change(adding('a')), two.store.change(adding('b'))])
    expect(ids((await tab()).vault.value)).toEqual(['a', 'b'])
  })
})
