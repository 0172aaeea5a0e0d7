/** Device keys: one pair of ES256 per registration, made in this browser, used
 *  in this browser, never readable. They are in no backup and on no other phone. */
import { together, transact } from './database'
import type { Wrapped } from './ring'
import { storeTrouble } from './trouble'

/** An unlock key: its public half, and the private one behind the gate of the
 *  app lock. */
export type Unlock = { x: string; y: string; box: Wrapped }

type Device = { registration: string; pair: CryptoKeyPair; unlock?: Unlock }

export const keys = {
  async put(registration: string, pair: CryptoKeyPair): Promise<void> {
    await own(transact('devices', 'readwrite', (devices) => devices.put({ registration, pair } satisfies Device)))
  },

  /** The pair of a registration, or nothing. */
  async get(registration: string): Promise<CryptoKeyPair | undefined> {
    const device = await own(
      transact<Device | undefined>('devices', 'readonly', (devices) => devices.get(registration)),
    )
    return device?.pair
  },

  /** The unlock key of a registration, or nothing. */
  async unlock(registration: string): Promise<Unlock | undefined> {
    const device = await own(
      transact<Device | undefined>('devices', 'readonly', (devices) => devices.get(registration)),
    )
    return device?.unlock
  },

  /** Keeps an unlock key beside the device key, if that is still here. */
  async putUnlock(registration: string, unlock: Unlock): Promise<void> {
    await own(editAll((device) => (device.registration === registration ? { ...device, unlock } : device)))
  },

  /** The app lock is off: no unlock key can be opened any more. */
  async dropUnlocks(): Promise<void> {
    await own(editAll((device) => (device.unlock ? { registration: device.registration, pair: device.pair } : device)))
  },

  /** Forgets all whose name begins so. */
  async deleteAll(prefix: string): Promise<void> {
    const these = IDBKeyRange.bound(prefix, `${prefix}\uffff`)
    await own(transact('devices', 'readwrite', (devices) => devices.delete(these)))
  },

  async delete(registration: string): Promise<void> {
    await own(transact('devices', 'readwrite', (devices) => devices.delete(registration)))
  },
}

function editAll(edit: (device: Device) => Device): Promise<void> {
  return together(['devices'], 'readwrite', (tx) => {
    const devices = tx.objectStore('devices')
    const all: IDBRequest<Device[]> = devices.getAll()
    all.onsuccess = () => {
      for (const device of all.result) devices.put(edit(device))
    }
    return () => undefined
  })
}

async function own<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (thrown) {
    throw storeTrouble(thrown)
  }
}
