/** What tests outside a browser need of one. WebCrypto, BroadcastChannel and
 *  streams are Node's own; IndexedDB is a faithful copy; of the navigator only
 *  what our code asks. Real browsers are the journeys' business (e2e). */
// oxlint-disable-next-line import/no-unassigned-import -- it puts itself in place
import 'fake-indexeddb/auto'

const asked = {
  navigator: { onLine: true, languages: ['en'] },
  document: { documentElement: {} }, // words tell it their language
}

for (const [name, value] of Object.entries(asked)) {
  if (!(name in globalThis)) Object.defineProperty(globalThis, name, { value, configurable: true })
}
