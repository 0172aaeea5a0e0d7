/** What a part of the app adds to it. The shell knows no part by name: it asks
 *  each plug in turn. `plugs.ts` lists them. */
import type { ComponentChildren } from 'preact'
import type { Entry } from '../store/vault'
import type { Route } from './router'

export type Plug = {
  /** Screens, by the first word of their address: `pair` draws `#pair?…`. */
  routes?: Record<string, (route: Route) => ComponentChildren>
  /** What stands over every screen and every sheet. */
  over?: () => ComponentChildren
  /** Notes at the top of the list of accounts. */
  notices?: () => ComponentChildren
  /** Buttons at the end of the bar above the list. */
  bar?: () => ComponentChildren
  /** Further ways to begin, on the first launch. */
  welcome?: () => ComponentChildren
  /** Further ways on the screen where an account is typed in. */
  ways?: () => ComponentChildren
  /** Lines (`.line`) of the menu's first group. */
  menuTop?: () => ComponentChildren
  /** Lines of the menu's group "This app". */
  menu?: () => ComponentChildren
  /** Something waits for the person: the way to the menu has a red dot. */
  attention?: () => boolean
  /** Groups below the code on the screen of an account. */
  account?: (entry: Entry) => ComponentChildren
  /** What to warn of before an account is removed, if there is anything. */
  beforeLeaving?: (entry: Entry) => Promise<string | undefined>
  /** A personal or work account leaves this phone: the server should hear of it.
   *  The account goes whether or not this succeeds. */
  leave?: (entry: Entry) => Promise<void>
  /** Secrets are about to be shown or written: false keeps them here. */
  mayLeave?: () => Promise<boolean>
  /** Everything is about to be removed from this phone. */
  erase?: () => Promise<void>
  /** Called once, after the first codes are on the screen. */
  background?: () => void
}
