/** Device keys: one pair of ES256 per registration, made in this browser, used
 *  in this browser, never readable. They are in no backup and on no other phone. */
import { transact } from './database'
import { storeTrouble } from './trouble'

type Device = { registration: string; pair: CryptoKeyPair }

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

  async delete(registration: string): Promise<void> {
    await own(transact('devices', 'readwrite', (devices) => devices.delete(registration)))
  },
}

async function own<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (thrown) {
    throw storeTrouble(thrown)
  }
}
