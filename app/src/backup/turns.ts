/** One thing at a time is done to the backup, in one tab: a worker holds the
 *  generation that it opened until that was taken in. */

const name = 'countersign/backup'
let last: Promise<unknown> = Promise.resolve()

/** Waits for its turn. */
export function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const mine = last.then(() => (navigator.locks ? navigator.locks.request(name, work) : work()))
  last = mine.catch(() => undefined)
  return mine
}

/** Does it if nobody else is at work, in this tab or another. */
export function ifFree(work: () => Promise<void>): Promise<void> {
  const free = async (lock: unknown) => (lock ? work() : undefined)
  const mine = last.then(() => (navigator.locks ? navigator.locks.request(name, { ifAvailable: true }, free) : work()))
  last = mine.catch(() => undefined)
  return mine
}
