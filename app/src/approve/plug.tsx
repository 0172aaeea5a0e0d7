/** Approvals in the app: the list of what waits, the way in from a notification. */
import { useEffect } from 'preact/hooks'
import { startLive } from '../remote/live'
import { markRemoved, sync } from '../remote/registrations'
import { reasonOf } from '../remote/trouble'
import type { Plug } from '../shell/plug'
import { replace, type Route } from '../shell/router'
import { hush, hushAllBut } from '../push/push'
import { listed, onEnded, startApprovals } from './approve'
import { PendingRows } from './pending'
import { dispatch } from './state'

export const approvals: Plug = {
  routes: { approve: (route) => <FromNotification route={route} key={route.path.join('/')} /> },
  notices: () => <PendingRows />,
  background: () => {
    startApprovals()
    onEnded(({ ref }) => void hush(ref.id).catch(() => undefined))
    startLive({
      listed: (registration, briefs) => {
        listed(registration, briefs)
        void hushAllBut(registration, briefs.map(({ id }) => id)).catch(() => undefined)
      },
      changed: (registration) => void freshen(registration),
      removed,
    })
  },
}

/** Hears from the server how a registration stands. Out of reach is no news:
 *  what is known stays. */
async function freshen(registration: string): Promise<void> {
  try {
    await sync(registration)
  } catch (thrown) {
    if (reasonOf(thrown).why === 'removed') removed(registration)
  }
}

function removed(registration: string): void {
  dispatch({ is: 'forgotten', registration })
  void markRemoved(registration).catch(() => undefined)
}

/** `#approve/<registration>/<request>`: the sheet over the list. */
function FromNotification({ route }: { route: Route }) {
  const [, registration, id] = route.path
  useEffect(() => {
    replace('')
    if (registration && id) dispatch({ is: 'opened', ref: { registration, id } })
  }, [registration, id])
  return null
}
