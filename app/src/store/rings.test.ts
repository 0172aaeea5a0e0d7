import { beforeEach, expect, test, vi } from 'vitest'
import { exampleEntry } from '../../build/examples'
import { closeDatabase, databaseName, transact } from './database'
import { seal, type Sealed } from './seal'
import { addEntry, emptyVault, type Vault } from './vault'

/** A tab of its own: nothing in memory, the same disk. */
async function tab() {
  vi.resetModules()
  const { store, vault, damaged } = await import('./store')
  const { rekey, openly } = await import('./rings')
  const ring = await import('./ring')
  return { store, vault, damaged, rekey, openly, ...ring }
}

type Tab = Awaited<ReturnType<typeof tab>>

const adding = (id: string) => (vault: Vault) => addEntry(vault, exampleEntry({ id }))
const ids = (vault: Vault) => vault.entries.map(({ id }) => id)

/** What a lock wraps the data key with, for a test: a key that is not on the disk. */
async function locking({ wrap }: Tab) {
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['wrapKey', 'unwrapKey'])
  const wrapping = async (id: string, data: CryptoKey) => {
    const passkey = { credential: new Uint8Array(1), salt: new Uint8Array(32), data: await wrap(key, id, data), gate: await wrap(key, id, data) }
    return { id, lock: { after: 5 as const, passkey } }
  }
  return { key, wrapping }
}

/** Unlocks a tab, as the lock screen does. */
async function unlock({ hold, ringNow, isLocked, unwrap }: Tab, key: CryptoKey): Promise<void> {
  const ring = await ringNow()
  if (!isLocked(ring)) throw new Error('not locked')
  hold({ id: ring.id, key: await unwrap(key, ring.id, ring.lock.passkey.data) })
}

function onDisk(): Promise<Sealed[]> {
  return transact<Sealed[]>('versions', 'readonly', (versions) => versions.getAll())
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

test('a lock keeps every version, under a key that is not on the disk', async () => {
  const one = await tab()
  for (const id of ['a', 'b', 'c']) await one.store.change(adding(id))
  const before = await onDisk()
  const { key, wrapping } = await locking(one)
  const old = await one.openRing((await one.ringNow())!)
  await one.rekey(wrapping)

  const after = await onDisk()
  expect(after.map(({ generation, at }) => [generation, at])).toEqual(before.map(({ generation, at }) => [generation, at]))
  const { unseal } = await import('./seal')
  for (const sealed of after) await expect(unseal(old.key, sealed)).rejects.toThrow()
  const secrets = await transact<unknown[]>('secrets', 'readonly', (all) => all.getAll())
  expect(JSON.stringify(secrets.map((secret) => Object.keys(secret as object)))).toBe('[["id","lock"]]')

  const two = await tab()
  await expect(two.store.load()).rejects.toMatchObject({ why: 'locked' })
  await unlock(two, key)
  expect(ids(await two.store.load())).toEqual(['a', 'b', 'c'])
})

test('the tab that turned the lock on goes on, and a change is under the new key', async () => {
  const one = await tab()
  await one.store.change(adding('a'))
  const { key, wrapping } = await locking(one)
  await one.rekey(wrapping)
  await one.store.change(adding('b'))
  const two = await tab()
  await unlock(two, key)
  expect(ids(await two.store.load())).toEqual(['a', 'b'])
})

test('another tab can write nothing under the old key once the lock is on', async () => {
  const one = await tab()
  await one.store.change(adding('a'))
  const two = await tab()
  await two.store.load()
  const { key, wrapping } = await locking(one)
  await one.rekey(wrapping)
  await expect(two.store.change(adding('b'))).rejects.toMatchObject({ why: 'locked' })
  const three = await tab()
  await unlock(three, key)
  expect(ids(await three.store.load())).toEqual(['a'])
})

test('a change of another tab while the lock is being turned on is not lost', async () => {
  vi.stubGlobal('navigator', { onLine: true, languages: ['en'] }) // a browser without Web Locks
  const one = await tab()
  await one.store.change(adding('a'))
  const two = await tab()
  await two.store.load()
  const { key, wrapping } = await locking(one)
  const late = [() => two.store.change(adding('b'))]
  await one.rekey(async (id, data) => {
    await late.pop()?.()
    return wrapping(id, data)
  })
  const three = await tab()
  await unlock(three, key)
  expect(ids(await three.store.load())).toEqual(['a', 'b'])
  vi.unstubAllGlobals()
})

test('stopped at any step, everything is as it was or everything is done', async () => {
  const one = await tab()
  for (const id of ['a', 'b', 'c']) await one.store.change(adding(id))
  const { key, wrapping } = await locking(one)
  const names = ['add', 'put', 'clear', 'delete'] as const
  for (let steps = 0, done = false; !done; steps++) {
    let left = steps
    for (const name of names) {
      const work = IDBObjectStore.prototype[name] as (...args: unknown[]) => IDBRequest
      vi.spyOn(IDBObjectStore.prototype, name).mockImplementation(function (this: IDBObjectStore, ...args: unknown[]) {
        if (left-- === 0) this.transaction.abort()
        return work.apply(this, args) as never
      })
    }
    done = await one.rekey(wrapping).then(
      () => true,
      () => false,
    )
    vi.restoreAllMocks()
    const after = await tab()
    if (done) await unlock(after, key)
    expect(ids(await after.store.load()), `stopped at step ${steps}`).toEqual(['a', 'b', 'c'])
    expect(after.damaged()).toBeUndefined()
    expect(steps).toBeLessThan(20)
  }
})

test('turned off, it opens by itself, under yet another key', async () => {
  const one = await tab()
  await one.store.change(adding('a'))
  const { key, wrapping } = await locking(one)
  await one.rekey(wrapping)
  const locked = await one.ringNow()
  await one.rekey(one.openly)
  const two = await tab()
  expect(ids(await two.store.load())).toEqual(['a'])
  const { unseal } = await import('./seal')
  if (!one.isLocked(locked)) throw new Error('not locked')
  const old = await one.unwrap(key, locked.id, locked.lock.passkey.data)
  for (const sealed of await onDisk()) await expect(unseal(old, sealed)).rejects.toThrow()
})

test('a vault of the first version, under a bare key, opens, changes and can be locked', async () => {
  const first = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  const sealed = await seal(first, 1, 1, addEntry(emptyVault(), exampleEntry({ id: 'a' })))
  await transact('secrets', 'readwrite', (secrets) => secrets.add(first, 'data'))
  await transact('versions', 'readwrite', (versions) => versions.add(sealed))
  const one = await tab()
  await one.store.load()
  await one.store.change(adding('b'))
  const { key, wrapping } = await locking(one)
  await one.rekey(wrapping)
  const two = await tab()
  await expect(two.store.load()).rejects.toMatchObject({ why: 'locked' })
  await unlock(two, key)
  expect(ids(await two.store.load())).toEqual(['a', 'b'])
})

test('a phone with nothing on it can be locked too', async () => {
  const one = await tab()
  const { wrapping } = await locking(one)
  await one.rekey(wrapping)
  await expect((await tab()).store.load()).rejects.toMatchObject({ why: 'locked' })
})

test('what a newer app wrote is not rewritten', async () => {
  const one = await tab()
  await one.store.change((vault) => ({ ...vault, version: 2 as never }))
  await expect(one.rekey((await locking(one)).wrapping)).rejects.toMatchObject({ why: 'newer' })
})
