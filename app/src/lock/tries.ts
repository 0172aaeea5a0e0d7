/** Trying a PIN. A try is counted, and the count is on the disk, before anything
 *  is computed: whoever pulls the plug has still used it up. After ten wrong ones
 *  this browser's part of the key is deleted, and no PIN opens anything (N6). */
import { together, transact } from '../store/database'
import { hold, isLocked, unwrap, unwrapGate, type LockedRing, type Ring, type Way } from '../store/ring'
import { pinKey } from './keys'

export const mostTries = 10

/** `wrong` says how many tries are left. `spent`: the PIN opens nothing any
 *  more. `changed`: the lock is another one by now, and nothing was tried. */
export type Tried = { is: 'open'; gate: CryptoKey } | { is: 'wrong'; left: number } | { is: 'spent' } | { is: 'changed' }

/** Tries a PIN on the lock that lies on the disk; if it is right, this page holds
 *  the data key. Throws StoreTrouble. */
export async function tryPin(pin: string): Promise<Tried> {
  const { ring, local, tries } = await countOne()
  if (!isLocked(ring) || !ring.lock.pin) return { is: 'changed' }
  if (!local || tries > mostTries) return { is: 'spent' }
  const gate = await opens(ring, ring.lock.pin, await pinKey(pin, ring.lock.pin.salt, local))
  if (gate) {
    await transact('secrets', 'readwrite', (secrets) => secrets.delete('tries'))
    return { is: 'open', gate }
  }
  if (tries < mostTries) return { is: 'wrong', left: mostTries - tries }
  await transact('secrets', 'readwrite', (secrets) => secrets.delete('local'))
  return { is: 'spent' }
}

/** Opens a ring with a key; if it fits, this page holds the data key, and the
 *  caller has the gate. */
export async function opens(ring: LockedRing, way: Way, key: CryptoKey): Promise<CryptoKey | undefined> {
  try {
    const gate = await unwrapGate(key, ring.id, way.gate)
    hold({ id: ring.id, key: await unwrap(key, ring.id, way.data) })
    return gate
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'OperationError') return undefined
    throw thrown
  }
}

/** How many tries a PIN has left; none once its part of the key is gone. */
export async function triesLeft(): Promise<number> {
  return together(['secrets'], 'readonly', (tx) => {
    const { local, tries } = asked(tx)
    return () => (local.result ? Math.max(0, mostTries - (tries.result ?? 0)) : 0)
  })
}

type Counted = { ring: Ring | undefined; local: CryptoKey | undefined; tries: number }

/** Counts a try and answers with what it is made with, all at one moment. */
function countOne(): Promise<Counted> {
  return together(['secrets'], 'readwrite', (tx) => {
    const { ring, local, tries } = asked(tx)
    let counted = 0
    tries.onsuccess = () => {
      counted = (tries.result ?? 0) + 1
      if (counted > mostTries) tx.objectStore('secrets').delete('local')
      else tx.objectStore('secrets').put(counted, 'tries')
    }
    return () => ({ ring: ring.result, local: local.result, tries: counted })
  })
}

function asked(tx: IDBTransaction) {
  const secrets = tx.objectStore('secrets')
  const ring: IDBRequest<Ring | undefined> = secrets.get('data')
  const local: IDBRequest<CryptoKey | undefined> = secrets.get('local')
  const tries: IDBRequest<number | undefined> = secrets.get('tries')
  return { ring, local, tries }
}
