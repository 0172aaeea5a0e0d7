/** What servers say about this phone's clock. Each server's time corrects the
 *  codes of that server. For accounts without a server the person decides, and
 *  is asked only when two servers say the same. */
import { computed, signal } from '@preact/signals'
import { noticeable, offsetsByIssuer, wrongBy } from '../codes/skew'
import { loaded, store, vault } from './store'
import type { Settings } from './vault'

/** Smaller changes are the network's. Milliseconds. */
const tolerance = 5_000

const heardNow = signal<ReadonlyMap<string, number>>(new Map())

/** By issuer: the server's clock minus this phone's, in milliseconds, as last
 *  heard or remembered. */
export const clocks = computed(() => new Map([...offsetsByIssuer(vault.value.entries), ...heardNow.value]))

/** How wrong this phone is, if a server says that it is. */
export const wrong = computed(() => wrongBy([...clocks.value.values()]))

/** A server told the time. Remembered with its accounts when it changed, so the
 *  first codes of the next start are right. */
export async function heard(issuer: string, offset: number): Promise<void> {
  heardNow.value = new Map(heardNow.value).set(issuer, offset)
  const rounded = Math.abs(offset) < noticeable ? 0 : Math.round(offset / 1000) * 1000
  const known = vault.value.entries.filter((entry) => entry.server?.issuer === issuer)
  const moved = known.some(({ server }) => Math.abs((server?.clockOffset ?? 0) - rounded) > tolerance)
  if (!loaded.value || !moved) return
  await store.change((before) => ({
    ...before,
    settings: stillAgreed(before.settings, rounded),
    entries: before.entries.map((entry) =>
      entry.server?.issuer === issuer ? { ...entry, server: { ...entry.server, clockOffset: rounded } } : entry,
    ),
  }))
}

/** What the person agreed to holds for the clock as it was: once it is set
 *  right, or wrong otherwise, the phone's own time counts again. */
function stillAgreed(settings: Settings, offset: number): Settings {
  return Math.abs(settings.clockOffset - offset) > tolerance ? { ...settings, clockOffset: 0 } : settings
}

/** The person agreed that this phone's clock is wrong for all accounts, or took it back. */
export async function correctAll(yes: boolean): Promise<void> {
  const by = Math.round((wrong.value?.by ?? 0) / 1000) * 1000
  await store.change((before) => ({ ...before, settings: { ...before.settings, clockOffset: yes ? by : 0 } }))
}
