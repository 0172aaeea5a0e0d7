/** Opening the newest version: all that the first paint needs of the store. */
import { together } from './database'
import { openRing, type Ring } from './ring'
import { unseal, type Sealed } from './seal'
import { StoreTrouble, storeTrouble } from './trouble'
import { emptyVault, type Vault } from './vault'

/** A vault as it was found. Generation 0 is a phone on which nothing was kept
 *  yet; `damaged` is set when newer versions were there but would not open. */
export type Found = { generation: number; at: number; vault: Vault; damaged: boolean }

/** The newest version that opens. Throws StoreTrouble, `locked` while the app
 *  lock keeps it. */
export async function newest(): Promise<Found> {
  try {
    const { ring, top } = await topOnDisk()
    const data = ring && (await openRing(ring))
    if (!top) return { generation: 0, at: 0, vault: emptyVault(), damaged: false }
    if (!data) throw new StoreTrouble('unreadable')
    return await firstThatOpens(data.key, top)
  } catch (thrown) {
    throw storeTrouble(thrown)
  }
}

/** What lies on the disk at one moment: the key ring, and the versions sealed
 *  under its key, newest first. */
export function onDisk(): Promise<{ ring: Ring | undefined; versions: Sealed[] }> {
  return together(['secrets', 'versions'], 'readonly', (tx) => {
    const ring: IDBRequest<Ring | undefined> = tx.objectStore('secrets').get('data')
    const versions: IDBRequest<Sealed[]> = tx.objectStore('versions').getAll()
    return () => ({ ring: ring.result, versions: versions.result.reverse() })
  })
}

/** The same, of the versions the newest alone: the others are as large. */
function topOnDisk(): Promise<{ ring: Ring | undefined; top: Sealed | undefined }> {
  return together(['secrets', 'versions'], 'readonly', (tx) => {
    const ring: IDBRequest<Ring | undefined> = tx.objectStore('secrets').get('data')
    const last = tx.objectStore('versions').openCursor(null, 'prev')
    return () => ({ ring: ring.result, top: last.result?.value as Sealed | undefined })
  })
}

/** This version, or the newest before it that opens. */
async function firstThatOpens(key: CryptoKey, top: Sealed): Promise<Found> {
  try {
    return await open(key, top)
  } catch (thrown) {
    if (thrown instanceof StoreTrouble) throw thrown // newer: an older copy would hide it
    return await olderThatOpens(key, top.generation, thrown)
  }
}

async function olderThatOpens(key: CryptoKey, than: number, why: unknown): Promise<Found> {
  let last = why
  for (const sealed of (await onDisk()).versions.filter(({ generation }) => generation < than)) {
    try {
      return { ...(await open(key, sealed)), damaged: true }
    } catch (thrown) {
      if (thrown instanceof StoreTrouble) throw thrown
      last = thrown
    }
  }
  throw new StoreTrouble('unreadable', last)
}

async function open(key: CryptoKey, sealed: Sealed): Promise<Found> {
  return { generation: sealed.generation, at: sealed.at, vault: await unseal(key, sealed), damaged: false }
}
