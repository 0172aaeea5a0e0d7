/** Approvals in the app: the list of what waits, the way in from a notification. */
import { useEffect } from 'preact/hooks'
import { titleOf } from '../codes/mark'
import { startLive } from '../remote/live'
import { keepLogo } from '../remote/logos'
import { markRemoved, ofRegistration, securityURL, sync } from '../remote/registrations'
import { reasonOf } from '../remote/trouble'
import { hush, hushAllBut } from '../push/push'
import type { Plug } from '../shell/plug'
import { replace, type Route } from '../shell/router'
import { toast } from '../shell/toast'
import { t } from '../words/words'
import { dropUnknown } from '../lock/unlock'
import { listed, onEnded, startApprovals } from './approve'
import { unheard } from './newer'
import { PendingRows } from './pending'
import { dispatch } from './state'
import { hearWaiting, startWaiting, WaitingNotes } from './waiting'

export const approvals: Plug = {
  routes: { approve: (route) => <FromNotification route={route} key={route.path.join('/')} /> },
  notices: () => (
    <>
      <WaitingNotes />
      <PendingRows />
    </>
  ),
  background: () => {
    startApprovals()
    startWaiting()
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
    const told = await sync(registration)
    hearWaiting(registration, told.waiting)
    void keepLogo(registration, told.logo).catch(() => undefined) // the one before stands until the next time
    await dropUnknown(registration)
    for (const { name: device } of unheard(registration, told)) tell(registration, device)
  } catch (thrown) {
    if (reasonOf(thrown).why === 'removed') removed(registration)
  }
}

/** Says that another app can sign in now, and where that can be undone. */
function tell(registration: string, device: string): void {
  const entry = ofRegistration(registration)
  if (!entry) return
  const look = () => void window.open(securityURL(registration), '_blank', 'noreferrer')
  toast(t('app.newer', { device, name: titleOf(entry) }), { label: t('app.newer.look'), act: look })
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
