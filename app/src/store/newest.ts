/** Opening the newest version: all that the first paint needs of the store. */
import { transact } from './database'
import { unseal, type Sealed } from './seal'
import { StoreTrouble, storeTrouble } from './trouble'
import { emptyVault, type Vault } from './vault'

/** A vault as it was found. Generation 0 is a phone on which nothing was kept
 *  yet; `damaged` is set when newer versions were there but would not open. */
export type Found = { generation: number; at: number; vault: Vault; damaged: boolean }

/** The newest version that opens. Throws StoreTrouble. */
export async function newest(): Promise<Found> {
  try {
    const [key, versions] = await Promise.all([dataKey(), versionsNewestFirst()])
    if (versions.length === 0) return { generation: 0, at: 0, vault: emptyVault(), damaged: false }
    if (!key) throw new StoreTrouble('unreadable')
    return await firstThatOpens(key, versions)
  } catch (thrown) {
    throw storeTrouble(thrown)
  }
}

export function dataKey(): Promise<CryptoKey | undefined> {
  return transact<CryptoKey | undefined>('secrets', 'readonly', (secrets) => secrets.get('data'))
}

async function versionsNewestFirst(): Promise<Sealed[]> {
  const versions = await transact<Sealed[]>('versions', 'readonly', (store) => store.getAll())
  return versions.reverse()
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
