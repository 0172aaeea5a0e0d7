/** The app lock as its settings see it: turned on, changed, turned off. Each of
 *  these makes a new data key (`store/rings.ts`). */
import { signal, type ReadonlySignal } from '@preact/signals'
import { together } from '../store/database'
import { isLocked, nameOf, newGate, ringNow, wrap, wrapGate, type Lock, type LockAfter, type Ring, type Way } from '../store/ring'
import { keys } from '../store/keys'
import { openly, rekey } from '../store/rings'
import { StoreTrouble, storeTrouble } from '../store/trouble'
import { vault } from '../store/store'
import type { Language } from '../store/vault'
import { newLocal, newSalt, pinKey } from './keys'
import { askPasskey, type Passkey } from './passkey'
import { tellChanged } from './tabs'
import { opens, triesLeft } from './tries'

/** The lock as it is; `pinLeft` counts the tries that its PIN has left. */
export type State = { lock: Lock; pinLeft: number }

const state = signal<State | undefined>(undefined)

/** The lock, if it is on. */
export const lockNow: ReadonlySignal<State | undefined> = state

/** Reads how the lock is; called once, and after each change. Answers with what
 *  wraps the data key. */
export async function learnLock(): Promise<Ring | undefined> {
  const ring = await ringNow()
  state.value = isLocked(ring) ? { lock: ring.lock, pinLeft: ring.lock.pin ? await triesLeft() : 0 } : undefined
  return ring
}

/** A passkey together with the key that it gave just now, and, of a lock that is
 *  changed, its gate. */
export type Proven = Passkey & { key: CryptoKey; gate?: CryptoKey }

/** Asks the lock's own passkey. Throws PasskeyTrouble, or StoreTrouble when it
 *  does not open what lies here. */
export async function provePasskey(): Promise<Required<Proven>> {
  const ring = await ringNow()
  if (!isLocked(ring)) throw new StoreTrouble('unreadable')
  const { credential, salt } = ring.lock.passkey
  const key = await askPasskey({ credential, salt })
  const gate = await opens(ring, ring.lock.passkey, key)
  if (!gate) throw new StoreTrouble('unreadable')
  return { credential, salt, key, gate }
}

/** Turns the lock on, or puts another in its place. A PIN is only ever a second
 *  way, beside the passkey. What lies behind the gate of the lock before stays,
 *  if that gate comes along. Throws StoreTrouble, and then nothing has changed. */
export async function setLock({ credential, salt, key, gate: old }: Proven, pin: string | undefined, after: LockAfter): Promise<void> {
  const local = pin === undefined ? undefined : await newLocal()
  const pinSalt = newSalt()
  const under = local && (await pinKey(pin ?? '', pinSalt, local))
  const language = vault.peek().settings.language
  const gate = old ?? (await newGate())
  const way = async (by: CryptoKey, id: string, data: CryptoKey): Promise<Way> => ({
    data: await wrap(by, id, data),
    gate: await wrapGate(by, id, gate),
  })
  await rekey(
    async (id, data) => ({
      id,
      lock: {
        after,
        ...(language && { language }),
        passkey: { credential, salt, ...(await way(key, id, data)) },
        ...(under && { pin: { salt: pinSalt, ...(await way(under, id, data)) } }),
      },
    }),
    local && { local },
  )
  await changed()
}

/** Turns the lock off, and with it what only an unlocked app can sign. Who calls
 *  it has seen a proof. */
export async function removeLock(): Promise<void> {
  await rekey(openly)
  await keys.dropUnlocks()
  await changed()
}

/** Locks after another time from now on. */
export async function setAfter(after: LockAfter): Promise<void> {
  await adjust((lock) => ({ ...lock, after }))
  await changed()
}

/** The lock screen speaks what the app speaks. */
export async function keepLanguage(language: Language | undefined): Promise<void> {
  if (!state.peek() || !language || state.peek()?.lock.language === language) return
  await adjust((lock) => ({ ...lock, language }))
  await learnLock()
}

/** A vault of the first version gets its key wrapped like all others. */
export async function wrapFirstKey(ring: Ring | undefined): Promise<void> {
  if (ring && nameOf(ring) === 'first') await rekey(openly)
}

async function changed(): Promise<void> {
  await learnLock()
  tellChanged()
}

/** Changes what lies beside the wrapped keys, if the lock is still this one. */
async function adjust(fn: (lock: Lock) => Lock): Promise<void> {
  await together(['secrets'], 'readwrite', (tx) => {
    const secrets = tx.objectStore('secrets')
    const ring: IDBRequest<Ring | undefined> = secrets.get('data')
    ring.onsuccess = () => {
      if (isLocked(ring.result)) secrets.put({ ...ring.result, lock: fn(ring.result.lock) }, 'data')
    }
    return () => undefined
  }).catch((thrown: unknown) => {
    throw storeTrouble(thrown)
  })
}
