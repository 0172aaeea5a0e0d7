/** How wrong this phone's clock is, judged from what servers say. */

/** Codes allow a step either way; less than this is right enough. Milliseconds. */
export const noticeable = 20_000

/** Two servers say the same when they differ by less than this. */
const alike = 10_000

/** `by` is servers' time minus the phone's, so positive for a slow phone.
 *  `certain` when two servers agree. Nothing while the clock is right. */
export function wrongBy(offsets: readonly number[]): { by: number; certain: boolean } | undefined {
  const wrong = offsets.filter((offset) => Math.abs(offset) >= noticeable)
  const [by] = wrong
  if (by === undefined) return undefined
  return { by, certain: wrong.some((a, i) => wrong.some((b, j) => i !== j && Math.abs(a - b) < alike)) }
}

/** What the servers of a vault said last, one offset for each issuer. */
export function offsetsByIssuer(entries: readonly { server?: { issuer: string; clockOffset?: number } }[]): Map<string, number> {
  const offsets = new Map<string, number>()
  for (const { server } of entries) {
    if (server?.clockOffset !== undefined) offsets.set(server.issuer, server.clockOffset)
  }
  return offsets
}
