/** The app: which screen for which address. */
import { h } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { LinkScreen } from '../add/link'
import { ManualScreen } from '../add/manual'
import { ScanScreen } from '../add/scan'
import { Welcome } from '../add/welcome'
import { AccountPane, AccountScreen } from '../codes/account'
import { AccountsScreen } from '../codes/list'
import { plugs } from '../plugs'
import { AboutScreen } from '../settings/about'
import { shownLanguage } from '../settings/choices'
import { ClockScreen } from '../settings/clock'
import { EraseScreen } from '../settings/erase'
import { MenuScreen } from '../settings/menu'
import { fresh, vault } from '../store/store'
import type { StoreReason } from '../store/trouble'
import { route, type Route } from './router'
import { TroubleScreen } from './trouble'
import { wide } from './wide'

/** What stands on the page, below sheets. `trouble` is why there are no accounts to show. */
export function App({ trouble }: { trouble: StoreReason | undefined }) {
  const here = route.value
  const name = here.path.join('/')
  const place = inPanes(here) ? '' : name
  useArrival(name, place)
  return <Screen key={`${shownLanguage.value} ${place}`} here={here} trouble={trouble} />
}

function Screen({ here, trouble }: { here: Route; trouble: StoreReason | undefined }) {
  const [first, second = ''] = here.path
  if (first === 'menu' && second === 'erase') return <EraseScreen />
  if (trouble) return <TroubleScreen why={trouble} />
  for (const { routes } of plugs) {
    const plugged = first === undefined ? undefined : routes?.[first]
    if (plugged) return h(plugged, here)
  }
  switch (first) {
    case 'account':
      return inPanes(here) ? <AccountsScreen beside={{ id: second, pane: <AccountPane key={second} id={second} /> }} /> : <AccountScreen id={second} />
    case 'add':
      return second === 'manual' ? <ManualScreen /> : <ScanScreen />
    case 'link':
      return <LinkScreen uri={here.query.get('uri') ?? ''} />
    case 'clock':
      return <ClockScreen />
    case 'menu':
      return second === 'about' ? <AboutScreen /> : <MenuScreen />
  }
  return fresh.value && vault.value.entries.length === 0 ? <Welcome /> : <AccountsScreen />
}

/** True for an account that stands beside the list. */
function inPanes({ path }: Route): boolean {
  return wide.value && path[0] === 'account'
}

/** Where the person was on each screen, for when they come back. */
const scrolled = new Map<string, number>()

/** On another screen the focus is at its heading, and the page where it was left.
 *  In the list it is at the account that the person comes from; an account beside
 *  the list leaves the list as it stands. */
function useArrival(name: string, place: string): void {
  const before = useRef({ name, place })
  useEffect(() => {
    const remember = () => void scrolled.set(before.current.place, scrollY)
    addEventListener('scroll', remember, { passive: true })
    return () => removeEventListener('scroll', remember)
  }, [])
  useEffect(() => {
    const from = before.current
    if (from.name === name) return
    before.current = { name, place }
    if (from.place !== place) scrollTo(0, place === '' ? (scrolled.get(place) ?? 0) : 0)
    const [was, id = ''] = from.name.split('/')
    const row = name === '' && was === 'account' ? `#app .account[data-id="${CSS.escape(id)}"] .open` : ''
    const beside = place === '' && name !== '' ? '#app .pane h2' : ''
    const found = document.querySelector<HTMLElement>(row || beside || '#app h1') ?? document.querySelector<HTMLElement>('#app h1')
    found?.focus({ preventScroll: true })
  }, [name, place])
}
