/** The backup in the app: its screens, its line in the menu, and what comes back
 *  from a sign-in. */
import type { Plug } from '../shell/plug'
import { replace } from '../shell/router'
import { ElsewhereScreen } from './elsewhere'
import { accept } from './signin'

export const backingUp: Plug = {
  routes: { backup: () => <ElsewhereScreen /> },
  background: () => void comeBack(),
}

/** Takes up what a sign-in brought to `/callback`, if the page is there. It goes
 *  from the address bar at once. */
async function comeBack(): Promise<void> {
  if (location.pathname !== '/callback') return
  const answer = new URLSearchParams(location.search)
  history.replaceState(null, '', '/')
  replace(await accept(answer))
}
