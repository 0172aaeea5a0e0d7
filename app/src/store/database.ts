/** The app's one IndexedDB database, `countersign`:
 *  - `secrets`: the data key in what wraps it, under `data` (`ring.ts`); for a
 *    lock with a PIN, its part of the key and the count of tries; sealed papers
 *    (`papers.ts`).
 *  - `versions`: the sealed vault by generation; the five newest are kept.
 *  - `devices`: device keys by registration.
 *  The service worker may read all of it; only the app writes the first two. */
import { storeTrouble } from './trouble'

export const databaseName = 'countersign'
const schema = 1

export type StoreName = 'secrets' | 'versions' | 'devices'

let opening: Promise<IDBDatabase> | undefined
let ended = false

/** The open database; opened again after the browser or `closeDatabase` closed it.
 *  Once everything is being removed it never opens again in this page, which is
 *  about to begin anew: whatever was still to be written would bring it back. */
export function database(): Promise<IDBDatabase> {
  if (ended) return new Promise(() => undefined)
  opening ??= open().catch((thrown: unknown) => {
    opening = undefined
    throw storeTrouble(thrown)
  })
  return opening
}

export async function closeDatabase(): Promise<void> {
  const was = opening
  opening = undefined
  const db = await was?.catch(() => undefined)
  db?.close()
}

/** Removes the database, from here and from every other tab. */
export async function deleteDatabase(): Promise<void> {
  ended = true
  await closeDatabase()
  await new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(databaseName)
    request.onsuccess = resolve
    request.onerror = resolve
  })
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(databaseName, schema)
    request.onupgradeneeded = () => {
      request.result.createObjectStore('secrets')
      request.result.createObjectStore('versions', { keyPath: 'generation' })
      request.result.createObjectStore('devices', { keyPath: 'registration' })
    }
    request.onerror = () => reject(request.error ?? new Error('open'))
    request.onsuccess = () => {
      const db = request.result
      // Another tab wants to upgrade or erase: let it. Ours opens again when needed.
      db.onversionchange = ({ newVersion }) => {
        db.close()
        opening = undefined
        ended = newVersion === null // erased, for all of us
      }
      db.onclose = () => {
        opening = undefined
      }
      resolve(db)
    }
  })
}

/** Runs one transaction and answers once it is on the disk (or never was).
 *  `work` must issue its requests at once: a transaction does not wait. */
export function transact<T>(
  store: StoreName,
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  return together([store], mode, (tx) => {
    const request = work(tx.objectStore(store))
    return () => request.result
  })
}

/** The same over several stores: all of it happens, or nothing does. `work`
 *  answers with what reads the outcome once everything is done. */
export async function together<T>(
  stores: StoreName[],
  mode: IDBTransactionMode,
  work: (tx: IDBTransaction) => () => T,
): Promise<T> {
  const db = await database()
  return new Promise((resolve, reject) => {
    let tx: IDBTransaction
    try {
      tx = db.transaction(stores, mode, { durability: mode === 'readwrite' ? 'strict' : 'default' })
      const outcome = work(tx)
      tx.oncomplete = () => resolve(outcome())
    } catch (thrown) {
      reject(thrown)
      return
    }
    tx.onabort = () => reject(tx.error ?? new DOMException('aborted', 'AbortError'))
  })
}
