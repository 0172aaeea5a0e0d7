/** Why this phone would not keep or give back the vault.
 *  - `blocked`: the browser gives no storage here (a private window, a policy).
 *  - `full`: no room; nothing was changed.
 *  - `unreadable`: what is stored cannot be opened with the key that is stored.
 *  - `newer`: it was written by a newer version of the app.
 *  - `locked`: the app lock is on, and this page has not been unlocked.
 *  - `lost`: the browser closed the database under us; trying again may help. */
export type StoreReason = 'blocked' | 'full' | 'unreadable' | 'newer' | 'locked' | 'lost'

export class StoreTrouble extends Error {
  readonly why: StoreReason
  constructor(why: StoreReason, cause?: unknown) {
    super(why, { cause })
    this.name = 'StoreTrouble'
    this.why = why
  }
}

/** Puts what IndexedDB threw into our words. */
export function storeTrouble(thrown: unknown): StoreTrouble {
  if (thrown instanceof StoreTrouble) return thrown
  const name = thrown instanceof Error || thrown instanceof DOMException ? thrown.name : ''
  if (name === 'QuotaExceededError') return new StoreTrouble('full', thrown)
  if (name === 'VersionError') return new StoreTrouble('newer', thrown)
  if (name === 'OperationError') return new StoreTrouble('unreadable', thrown)
  if (name === 'InvalidStateError' || name === 'AbortError' || name === 'UnknownError') {
    return new StoreTrouble('lost', thrown)
  }
  return new StoreTrouble('blocked', thrown)
}
