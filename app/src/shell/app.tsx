/** The app: which screen for which address. */
import { h } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { LinkScreen } from '../add/link'
import { ManualScreen } from '../add/manual'
import { ScanScreen } from '../add/scan'
import { Welcome } from '../add/welcome'
import { AccountScreen } from '../codes/account'
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

/** What stands on the page, below sheets. `trouble` is why there are no accounts to show. */
export function App({ trouble }: { trouble: StoreReason | undefined }) {
  const here = route.value
  const name = here.path.join('/')
  useArrival(name)
  return <Screen key={`${shownLanguage.value} ${name}`} here={here} trouble={trouble} />
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
      return <AccountScreen id={second} />
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

/** Where the person was on each screen, for when they come back. */
const scrolled = new Map<string, number>()

/** On another screen the focus is at its heading, and the page where it was left. */
function useArrival(name: string): void {
  const before = useRef(name)
  useEffect(() => {
    const remember = () => void scrolled.set(before.current, scrollY)
    addEventListener('scroll', remember, { passive: true })
    return () => removeEventListener('scroll', remember)
  }, [])
  useEffect(() => {
    if (before.current === name) return
    before.current = name
    scrollTo(0, name === '' ? (scrolled.get(name) ?? 0) : 0)
    document.querySelector<HTMLElement>('#app h1')?.focus({ preventScroll: true })
  }, [name])
}
