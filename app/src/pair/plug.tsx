/** Pairing in the app: its screens, the way to type a code, what is not finished. */
import { leave, paired } from '../remote/registrations'
import type { Plug } from '../shell/plug'
import { go, route } from '../shell/router'
import { PairedDetails, TypeCode, Unfinished } from './details'
import { lastWarning } from './last'
import { resume } from './pairing'
import { PairScreens } from './screens'

export const pairing: Plug = {
  routes: { pair: (to) => <PairScreens route={to} /> },
  notices: () => <Unfinished />,
  ways: () => <TypeCode />,
  account: (entry) => entry.server && entry.server.state !== 'elsewhere' && <PairedDetails entry={{ ...entry, server: entry.server }} />,
  beforeLeaving: lastWarning,
  leave: async (entry) => {
    if (entry.server && entry.server.state !== 'elsewhere') await leave(entry.server.registration)
  },
  erase: async () => {
    await Promise.allSettled(paired().map(({ server }) => leave(server.registration)))
  },
  background: () => {
    void resume()
      .catch(() => false) // no storage: the app's first screen says so
      .then((found) => found && route.peek().path[0] !== 'pair' && go('pair'))
  },
}
