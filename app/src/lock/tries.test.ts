import { beforeEach, expect, test, vi } from 'vitest'
import { closeDatabase, databaseName, transact } from '../store/database'

const right = '314159'
const wrong = '271828'

/** A tab of its own: nothing in memory, the same disk. */
async function tab() {
  vi.resetModules()
  const lock = await import('./lock')
  const tries = await import('./tries')
  const { store } = await import('../store/store')
  return { ...lock, ...tries, store }
}

const secrets = () => transact<IDBValidKey[]>('secrets', 'readonly', (all) => all.getAllKeys())

let under: CryptoKey

beforeEach(async () => {
  vi.restoreAllMocks()
  await closeDatabase()
  await new Promise((resolve) => {
    const erased = indexedDB.deleteDatabase(databaseName)
    erased.onsuccess = resolve
    erased.onblocked = resolve
  })
  // What a PIN costs is held elsewhere (keys.test.ts); here it would only take long.
  const derive = crypto.subtle.deriveBits.bind(crypto.subtle)
  vi.spyOn(crypto.subtle, 'deriveBits').mockImplementation((how, ...rest) => derive({ ...(how as Pbkdf2Params), iterations: 1000 }, ...rest))
  under = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['wrapKey', 'unwrapKey'])
  const { setLock, store } = await tab()
  await store.change((vault) => ({ ...vault, settings: { ...vault.settings, theme: 'dark' } }))
  await setLock({ credential: new Uint8Array(16), salt: new Uint8Array(32), key: under }, right, 5)
})

test('the right PIN opens, and the count begins anew', async () => {
  const { tryPin, triesLeft, store } = await tab()
  await expect(store.load()).rejects.toMatchObject({ why: 'locked' })
  expect(await tryPin(wrong)).toEqual({ is: 'wrong', left: 9 })
  expect(await triesLeft()).toBe(9)
  expect(await tryPin(right)).toMatchObject({ is: 'open' })
  expect(await triesLeft()).toBe(10)
  expect((await store.load()).settings.theme).toBe('dark')
})

test('N6: after ten wrong tries this browser’s part is gone, and the right PIN opens nothing', async () => {
  const { tryPin, triesLeft, store } = await tab()
  for (let left = 9; left > 0; left--) expect(await tryPin(wrong)).toEqual({ is: 'wrong', left })
  expect(await secrets()).toContain('local')
  expect(await tryPin(wrong)).toEqual({ is: 'spent' })
  expect(await secrets()).not.toContain('local')
  expect(await triesLeft()).toBe(0)
  expect(await tryPin(right)).toEqual({ is: 'spent' })
  await expect(store.load()).rejects.toMatchObject({ why: 'locked' })
})

test('the passkey still opens after that, and a new PIN can be set', async () => {
  const { tryPin, opens, setLock, lockNow, store, learnLock } = await tab()
  for (let i = 0; i < 10; i++) await tryPin(wrong)
  const ring = await learnLock()
  if (!ring || !('lock' in ring)) throw new Error('not locked')
  expect(await opens(ring, ring.lock.passkey, under)).toBeDefined()
  await store.load()
  await setLock({ credential: new Uint8Array(16), salt: new Uint8Array(32), key: under }, '1357913', 'never')
  expect(lockNow.value).toMatchObject({ pinLeft: 10, lock: { after: 'never' } })
  const fresh = await tab()
  expect(await fresh.tryPin(right)).toEqual({ is: 'wrong', left: 9 })
  expect(await fresh.tryPin('1357913')).toMatchObject({ is: 'open' })
  expect((await fresh.store.load()).settings.theme).toBe('dark')
})

test('N6: a try is on the disk before anything is computed', async () => {
  const { tryPin } = await tab()
  const pulled = vi.spyOn(crypto.subtle, 'deriveBits').mockImplementation(async () => {
    throw new Error('the plug is pulled')
  })
  for (let i = 0; i < 10; i++) await expect(tryPin(wrong)).rejects.toThrow('the plug is pulled')
  pulled.mockRestore()
  const after = await tab()
  expect(await after.triesLeft()).toBe(0)
  expect(await after.tryPin(right)).toEqual({ is: 'spent' })
  expect(await secrets()).not.toContain('local')
})

test('N6: two tabs at once count together', async () => {
  const [one, two] = [await tab(), await tab()]
  const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => (i % 2 ? one : two).tryPin(wrong)))
  expect(answers.filter(({ is }) => is === 'wrong')).toHaveLength(9)
  expect(answers.filter(({ is }) => is === 'spent')).toHaveLength(3)
})

test('a lock without a PIN takes none', async () => {
  const { setLock, tryPin, opens, learnLock, store } = await tab()
  const ring = await learnLock()
  if (!ring || !('lock' in ring)) throw new Error('not locked')
  await opens(ring, ring.lock.passkey, under)
  await store.load()
  await setLock({ credential: new Uint8Array(16), salt: new Uint8Array(32), key: under }, undefined, 5)
  expect(await secrets()).toEqual(['data'])
  expect(await tryPin(right)).toEqual({ is: 'changed' })
})
