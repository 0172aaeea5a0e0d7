/** The backup in the app: its screens, its line in the menu, the dot that says that
 *  something is to be done, and what comes back from a sign-in. */
// oxlint-disable-next-line import/no-unassigned-import -- the style sheet of this part
import './backup.css'
import { signal } from '@preact/signals'
import { Icon } from '../shell/icon'
import type { Plug } from '../shell/plug'
import { replace, type Route } from '../shell/router'
import { t } from '../words/words'
import { BeginScreen } from './begin'
import { CameScreen, isCame } from './came'
import { ContentsScreen } from './contents'
import { ElsewhereScreen } from './elsewhere'
import { CheckUpScreen, ScanKeyScreen, TryKeyScreen } from './findings'
import { keepInStep } from './keeper'
import { alarm, backup, begun, follow, learn } from './kept'
import { OffScreen } from './off'
import { OnScreen } from './on'
import { howItIs } from './parts'
import { accept } from './signin'
import { unbind } from './bind'
import { VersionsScreen } from './versions'
import { KeyScreen, WaysScreen } from './ways'

export const backingUp: Plug = {
  routes: { backup: (route) => <Backup route={route} />, checkup: ({ path }) => <CheckUp screen={path[1]} /> },
  menuTop: () => <MenuLine />,
  attention: () => alarm.value,
  erase: async () => {
    const home = backup.peek() ?? begun.peek()
    if (home) await unbind(home)
  },
  background: () => void start().catch(() => undefined), // no storage: the app's first screen says so
}

/** Until it is known, nothing is said about it. */
const known = signal(false)

async function start(): Promise<void> {
  await comeBack()
  follow()
  await learn()
  known.value = true
  keepInStep()
}

/** Takes up what a sign-in brought to `/callback`, if the page is there. It goes
 *  from the address bar at once. */
async function comeBack(): Promise<void> {
  if (location.pathname !== '/callback') return
  const answer = new URLSearchParams(location.search)
  history.replaceState(null, '', '/')
  replace(await accept(answer))
}

function Backup({ route: { path } }: { route: Route }) {
  const screen = path.join('/')
  if (screen === 'backup/elsewhere') return <ElsewhereScreen />
  if (screen === 'backup/contents') return <ContentsScreen />
  if (isCame(screen)) return <CameScreen screen={screen} />
  if (!known.value) return null
  const on = backup.value
  if (!on) return begun.value ? <BeginScreen home={begun.value} /> : <OffScreen />
  switch (path[1]) {
    case 'versions':
      return <VersionsScreen backup={on} />
    case 'ways':
      return <WaysScreen backup={on} />
    case 'key':
      return <KeyScreen backup={on} />
  }
  return <OnScreen backup={on} />
}

function CheckUp({ screen }: { screen: string | undefined }) {
  if (!known.value) return null
  if (screen === 'key' && backup.value) return <TryKeyScreen />
  return screen === 'scan' && backup.value ? <ScanKeyScreen /> : <CheckUpScreen />
}

function MenuLine() {
  if (!known.value) return null
  return (
    <a class="line" href="#backup">
      <Icon name="i-cloud" />
      <span class="what">
        <strong>{t('backup.menu')}</strong>
        <span class={alarm.value ? 'danger-text' : undefined}>{howItIs()}</span>
      </span>
      {alarm.value && (
        <span class="danger-text">
          <Icon name="i-warn" look="i-s" />
          <span class="vh">{t('backup.row.attention')}</span>
        </span>
      )}
      <Icon name="i-chevron" />
    </a>
  )
}
