/** What time it is at a server. A phone's clock may be wrong; what we sign for
 *  a server and the codes for it follow that server's clock, nothing else does. */

/** Differences below this many milliseconds are the network's, not a clock's. */
const noise = 2000

/** One server's clock as seen from here. */
export type Clock = {
  /** Milliseconds since 1970, as the server would say. */
  now(): number
  /** Takes a Date header of an answer that was asked for at `sent` and was
   *  here at `received`, both by the clock of this device. */
  learn(sent: number, received: number, date: string | null): void
}

/** How far the server is ahead of this device, in milliseconds; undefined when
 *  the answer tells nothing. Date counts whole seconds, so half of one is added. */
export function difference(sent: number, received: number, date: string | null): number | undefined {
  const told = Date.parse(date ?? '')
  if (Number.isNaN(told) || received - sent > 10_000 || received < sent) return undefined
  const off = told + 500 - (sent + received) / 2
  return Math.abs(off) < noise ? 0 : Math.round(off)
}

/** A clock that lives as long as its holder. `off` is what was known before. */
export function ownClock(off = 0): Clock {
  return {
    now: () => Date.now() + off,
    learn(sent, received, date) {
      off = difference(sent, received, date) ?? off
    },
  }
}
