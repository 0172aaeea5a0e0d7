/** The data key, and what it is wrapped in. Everything that a person would not
 *  show lies sealed under one data key; the key itself lies wrapped beside it:
 *  without the app lock by a key that cannot be read, with the lock by keys that
 *  come only from a passkey or a PIN (`lock/`). What is unwrapped stays in the
 *  memory of this page and goes with it. */
import { transact } from './database'
import { StoreTrouble } from './trouble'
import type { Language } from './vault'

export type Bytes = Uint8Array<ArrayBuffer>

/** The data key, sealed with AES-GCM under another key. */
export type Wrapped = { iv: Bytes; box: ArrayBuffer }

/** Lock off: what wraps the data key lies beside it, and cannot be read. */
export type OpenRing = { id: string; key: CryptoKey; data: Wrapped }

/** Lock on: what unwraps the data key is with the person. */
export type LockedRing = { id: string; lock: Lock }

/** Minutes without a touch until the app locks itself; 0 as soon as it is left too. */
export type LockAfter = 0 | 1 | 5 | 15 | 'never'

export type Lock = {
  after: LockAfter
  /** What the lock screen speaks: the person's choice lies under the lock. */
  language?: Language
  passkey: { credential: Bytes; salt: Bytes } & Way
  pin?: { salt: Bytes } & Way
}

/** What a key from the person opens. The data key stays with the page once it is
 *  unlocked; the gate does not: what lies behind it, the unlock keys, wants the
 *  person each time (`lock/unlock.ts`). */
export type Way = { data: Wrapped; gate: Wrapped }

/** As it lies on the disk. The bare key is how the first version kept it: it is
 *  the data key itself. */
export type Ring = OpenRing | LockedRing | CryptoKey

/** A data key together with the name of its ring. */
export type DataKey = { id: string; key: CryptoKey }

export function isLocked(ring: Ring | undefined): ring is LockedRing {
  return ring !== undefined && 'lock' in ring
}

/** Names a ring: with every new data key there is a new name. */
export function nameOf(ring: Ring): string {
  return 'id' in ring ? ring.id : 'first'
}

export function ringNow(): Promise<Ring | undefined> {
  return transact<Ring | undefined>('secrets', 'readonly', (secrets) => secrets.get('data'))
}

let held: DataKey | undefined

/** Keeps an unwrapped key for as long as this page lives. */
export function hold(key: DataKey): void {
  held = key
}

/** The data key of a ring. Throws `locked` when this page has not unlocked it. */
export async function openRing(ring: Ring): Promise<DataKey> {
  const id = nameOf(ring)
  if (held?.id === id) return held
  if (isLocked(ring)) throw new StoreTrouble('locked')
  held = { id, key: 'data' in ring ? await unwrap(ring.key, ring.id, ring.data) : ring }
  return held
}

/** Seals a data key under another key, bound to the name of its ring. */
export function wrap(under: CryptoKey, id: string, data: CryptoKey): Promise<Wrapped> {
  return wrapAs('data-key', under, id, data)
}

/** Seals a gate likewise. */
export function wrapGate(under: CryptoKey, id: string, gate: CryptoKey): Promise<Wrapped> {
  return wrapAs('gate', under, id, gate)
}

async function wrapAs(what: What, under: CryptoKey, id: string, key: CryptoKey): Promise<Wrapped> {
  const iv = crypto.getRandomValues(new Uint8Array(12))
  return { iv, box: await crypto.subtle.wrapKey('raw', key, under, sealing(iv, what, id)) }
}

/** A new gate. It can be read by whoever has just opened it: a lock that is
 *  changed wraps it anew. */
export function newGate(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['wrapKey', 'unwrapKey'])
}

/** Opens what `wrap` sealed, as a key that cannot be read. Throws an
 *  OperationError for another key. */
export function unwrap(under: CryptoKey, id: string, { iv, box }: Wrapped): Promise<CryptoKey> {
  return crypto.subtle.unwrapKey('raw', box, under, sealing(iv, 'data-key', id), 'AES-GCM', false, ['encrypt', 'decrypt'])
}

/** Opens what `wrapGate` sealed. */
export function unwrapGate(under: CryptoKey, id: string, { iv, box }: Wrapped): Promise<CryptoKey> {
  return crypto.subtle.unwrapKey('raw', box, under, sealing(iv, 'gate', id), 'AES-GCM', true, ['wrapKey', 'unwrapKey'])
}

type What = 'data-key' | 'gate'

function sealing(iv: Bytes, what: What, id: string): AesGcmParams {
  return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(`countersign/${what}/1\0${id}`) }
}
