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
    const { ring, versions } = await onDisk()
    const key = ring && (await openRing(ring))
    if (versions.length === 0) return { generation: 0, at: 0, vault: emptyVault(), damaged: false }
    if (!key) throw new StoreTrouble('unreadable')
    return await firstThatOpens(key.key, versions)
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

async function firstThatOpens(key: CryptoKey, versions: Sealed[]): Promise<Found> {
  let why: unknown
  for (const [i, sealed] of versions.entries()) {
    try {
      const vault = await unseal(key, sealed)
      return { generation: sealed.generation, at: sealed.at, vault, damaged: i > 0 }
    } catch (thrown) {
      if (thrown instanceof StoreTrouble) throw thrown // newer: an older copy would hide it
      why = thrown
    }
  }
  throw new StoreTrouble('unreadable', why)
}
