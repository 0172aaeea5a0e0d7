import { beforeEach, expect, test, vi } from 'vitest'
import { exampleEntry } from '../../build/examples'
import { closeDatabase, databaseName, transact } from './database'
import { addEntry } from './vault'

/** A tab of its own: nothing in memory, the same disk. */
async function tab() {
  vi.resetModules()
  const { papers } = await import('./papers')
  const { store } = await import('./store')
  const { rekey, openly } = await import('./rings')
  const ring = await import('./ring')
  return { papers, store, rekey, openly, ...ring }
}

type Tab = Awaited<ReturnType<typeof tab>>

/** Locks the app under a key that is not on the disk. */
async function lock({ rekey, wrap }: Tab): Promise<void> {
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['wrapKey', 'unwrapKey'])
  await rekey(async (id, data) => {
    const passkey = { credential: new Uint8Array(1), salt: new Uint8Array(32), data: await wrap(key, id, data), gate: await wrap(key, id, data) }
    return { id, lock: { after: 5, passkey } }
  })
}

beforeEach(async () => {
  await closeDatabase()
  await new Promise((resolve) => {
    const erased = indexedDB.deleteDatabase(databaseName)
    erased.onsuccess = resolve
    erased.onblocked = resolve
  })
})

test('a paper is there for every tab, also on a phone without a vault', async () => {
  const one = await tab()
  expect(await one.papers.read('backup')).toBeUndefined()
  await one.papers.change('backup', () => ({ login: 'mei' }))
  const other = await tab()
  expect(await other.papers.read('backup')).toEqual({ login: 'mei' })
  await other.store.change((vault) => addEntry(vault, exampleEntry()))
  await other.papers.change('backup', () => undefined)
  expect(await one.papers.read('backup')).toBeUndefined()
})

test('nothing of it can be read on the disk', async () => {
  await (await tab()).papers.change('backup', () => ({ key: 'AGE-SECRET-KEY' }))
  const kept = await transact<unknown>('secrets', 'readonly', (secrets) => secrets.get('paper/backup'))
  expect(JSON.stringify(kept, (_, value: unknown) => (value instanceof ArrayBuffer ? [...new Uint8Array(value)] : value))).not.toContain('AGE')
  expect(Buffer.from((kept as { box: ArrayBuffer }).box).toString('latin1')).not.toContain('AGE-SECRET')
})

test('two tabs that write at once both have their say', async () => {
  const [one, two] = [await tab(), await tab()]
  const add = (n: number) => (before: number[] | undefined) => [...(before ?? []), n]
  await Promise.all([...Array(8).keys()].map((n) => (n % 2 ? one : two).papers.change('backup', add(n))))
  const all = await (await tab()).papers.read<number[]>('backup')
  expect(all?.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
})

test('a lock takes papers along, and while it is closed they are closed', async () => {
  const one = await tab()
  await one.store.change((vault) => addEntry(vault, exampleEntry()))
  await one.papers.change('backup', () => 'before')
  const old = await transact<{ box: ArrayBuffer }>('secrets', 'readonly', (secrets) => secrets.get('paper/backup'))
  await lock(one)
  expect(await one.papers.read('backup')).toBe('before')
  const now = await transact<{ box: ArrayBuffer }>('secrets', 'readonly', (secrets) => secrets.get('paper/backup'))
  expect(Buffer.from(now.box).equals(Buffer.from(old.box))).toBe(false)
  const locked = await tab()
  await expect(locked.papers.read('backup')).rejects.toMatchObject({ why: 'locked' })
  await expect(locked.papers.change('backup', () => 'x')).rejects.toMatchObject({ why: 'locked' })
})

test('a paper that is written while the lock is made is not lost', async () => {
  const one = await tab()
  await one.store.change((vault) => addEntry(vault, exampleEntry()))
  await one.papers.change('backup', () => 0)
  const other = await tab()
  const writing = (async () => {
    for (let i = 0; i < 10; i++) await other.papers.change<number>('backup', (n = 0) => n + 1).catch(() => undefined)
  })()
  await one.rekey(one.openly)
  await writing
  expect(await one.papers.read('backup')).toBe(10)
})

test('who follows hears of a change in any tab', async () => {
  const [one, other] = [await tab(), await tab()]
  const heard: string[] = []
  one.papers.follow((name) => heard.push(`one ${name}`))
  other.papers.follow((name) => heard.push(`other ${name}`))
  await one.papers.change('recovery', () => 1)
  await vi.waitFor(() => expect(heard.toSorted()).toEqual(['one recovery', 'other recovery']))
})
