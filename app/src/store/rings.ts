/** New data keys. Turning the app lock on or off and changing it makes a new
 *  key and rewrites every version under it, so that nothing that was ever
 *  wrapped in another way opens what is kept from now on. */
import { alone } from './alone'
import { together, transact } from './database'
import { onDisk } from './newest'
import { hold, nameOf, openRing, unwrap, wrap, type DataKey, type LockedRing, type OpenRing, type Ring } from './ring'
import { seal, unseal, type Sealed } from './seal'
import { papersIn, putPapers, reseal as resealPapers, unchanged, type Paper } from './shelf'
import { StoreTrouble, storeTrouble } from './trouble'
import { newId } from './vault'

/** Wraps a new data key, which can be read only here and only now. */
export type Wrapping = (id: string, data: CryptoKey) => Promise<OpenRing | LockedRing>

/** Without the lock: under a key that can never be read. */
export const openly: Wrapping = async (id, data) => {
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['wrapKey', 'unwrapKey'])
  return { id, key, data: await wrap(key, id, data) }
}

/** A new data key in its ring. */
export async function newRing(wrapping: Wrapping = openly): Promise<{ ring: OpenRing | LockedRing; data: DataKey }> {
  const id = newId()
  const readable = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt', 'decrypt'])
  const ring = await wrapping(id, readable)
  return { ring, data: { id, key: await unreadable(id, readable) } }
}

/** The same key, as one that cannot be read. */
async function unreadable(id: string, readable: CryptoKey): Promise<CryptoKey> {
  const passing = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['wrapKey', 'unwrapKey'])
  return unwrap(passing, id, await wrap(passing, id, readable))
}

/** What goes with a ring: a PIN's part of the key, which cannot be read, and no
 *  tries yet; nothing without a PIN. */
export type Beside = { local?: CryptoKey }

/** Makes a new data key, seals every kept version and paper anew, and puts all of
 *  it in the place of what was, in one transaction: whenever the app is killed, either
 *  everything is as before or everything is done. Throws StoreTrouble, and then
 *  nothing has changed. */
export async function rekey(wrapping: Wrapping, beside: Beside = {}): Promise<void> {
  try {
    await alone(async () => {
      while (!(await attempt(wrapping, beside))) continue // another tab wrote meanwhile
    })
  } catch (thrown) {
    throw storeTrouble(thrown)
  }
}

async function attempt(wrapping: Wrapping, beside: Beside): Promise<boolean> {
  const { ring: before, versions } = await onDisk()
  if (!before && versions.length > 0) throw new StoreTrouble('unreadable')
  const old = before && (await openRing(before))
  const papers = await transact('secrets', 'readonly', papersIn)
  const { ring, data } = await newRing(wrapping)
  const resealed = {
    versions: old ? await reseal(old.key, data.key, versions) : [],
    papers: old ? await resealPapers(old.key, data.key, papers) : [],
  }
  const done = await replace({ ring: before, versions, papers }, { ring, ...resealed }, beside)
  if (done) hold(data)
  return done
}

/** Versions that the old key opens, under the new one. One that it does not
 *  open is damaged: it would open with neither, and goes. */
async function reseal(old: CryptoKey, data: CryptoKey, versions: Sealed[]): Promise<Sealed[]> {
  const made: Sealed[] = []
  for (const sealed of versions) {
    const vault = await unseal(old, sealed).catch((thrown: unknown) => {
      if (thrown instanceof StoreTrouble) throw thrown // newer: not ours to rewrite
      return undefined
    })
    if (vault) made.push(await seal(data, sealed.generation, sealed.at, vault))
  }
  if (made.length === 0 && versions.length > 0) throw new StoreTrouble('unreadable')
  return made
}

/** All that lies under a data key, with its ring. */
type Kept = { ring: Ring | undefined; versions: Sealed[]; papers: Paper[] }

/** Puts ring, versions and papers in the place of the old ones, if those are
 *  still what lies there. */
function replace(old: Kept, made: Kept, { local }: Beside): Promise<boolean> {
  return together(['secrets', 'versions'], 'readwrite', (tx) => {
    const [secrets, versions] = [tx.objectStore('secrets'), tx.objectStore('versions')]
    const found: IDBRequest<Ring | undefined> = secrets.get('data')
    const papers = papersIn(secrets)
    const top = versions.getAllKeys()
    let same = false
    top.onsuccess = () => {
      const newest = Number(top.result.at(-1) ?? 0)
      same = idOf(found.result) === idOf(old.ring) && newest === (old.versions[0]?.generation ?? 0) && unchanged(old.papers, papers.result)
      if (!same) return
      versions.clear()
      for (const sealed of made.versions) versions.add(sealed)
      putPapers(secrets, made.papers)
      for (const name of ['local', 'tries']) secrets.delete(name)
      secrets.put(made.ring, 'data')
      if (local) secrets.add(local, 'local')
    }
    return () => same
  })
}

function idOf(ring: Ring | undefined): string {
  return ring ? nameOf(ring) : ''
}
