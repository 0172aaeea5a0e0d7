/** What servers say about this phone's clock. Each server's time corrects the
 *  codes of that server. For accounts without a server the person decides, and
 *  is asked only when two servers say the same. */
import { computed, signal } from '@preact/signals'
import { loaded, store, vault } from './store'

/** Phones within this of a server are right enough: codes allow a step either way. */
export const noticeable = 20_000

/** Two servers agree when they differ by less than this. */
const alike = 10_000

const heardNow = signal<ReadonlyMap<string, number>>(new Map())

/** By issuer: the server's clock minus this phone's, in milliseconds, as last
 *  heard or remembered. */
export const clocks = computed(() => {
  const all = new Map<string, number>()
  for (const { server } of vault.value.entries) {
    if (server?.clockOffset !== undefined) all.set(server.issuer, server.clockOffset)
  }
  for (const [issuer, offset] of heardNow.value) all.set(issuer, offset)
  return all
})

/** How wrong this phone is, if a server says that it is: `by` in milliseconds,
 *  positive when the phone is slow; `certain` when two servers agree. */
export const wrong = computed(() => {
  const offsets = [...clocks.value.values()].filter((offset) => Math.abs(offset) >= noticeable)
  const [by] = offsets
  if (by === undefined) return undefined
  const certain = offsets.some((a, i) => offsets.some((b, j) => i !== j && Math.abs(a - b) < alike))
  return { by, certain }
})

/** A server told the time. Remembered with its accounts when it changed, so the
 *  first codes of the next start are right. */
export async function heard(issuer: string, offset: number): Promise<void> {
  heardNow.value = new Map(heardNow.value).set(issuer, offset)
  const rounded = Math.abs(offset) < noticeable ? 0 : Math.round(offset / 1000) * 1000
  const stale = vault.value.entries.some(
    ({ server }) => server?.issuer === issuer && Math.abs((server.clockOffset ?? 0) - rounded) > 5_000,
  )
  if (!loaded.value || !stale) return
  await store.change((before) => ({
    ...before,
    entries: before.entries.map((entry) =>
      entry.server?.issuer === issuer
        ? { ...entry, server: { ...entry.server, clockOffset: rounded } }
        : entry,
    ),
  }))
}
