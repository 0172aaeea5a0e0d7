/** The app arrives: it takes over what the first paint has drawn, as it stands,
 *  and everything else begins. */
import { hydrate, render } from 'preact'
import type { Rows } from '../codes/accounts'
import { startRows } from '../codes/inview'
import { followVault } from '../codes/state'
import { plugs } from '../plugs'
import { followChoices, shownLanguage } from '../settings/choices'
import { followErasing } from '../store/erase'
import type { Found } from '../store/newest'
import { store, vault } from '../store/store'
import { StoreTrouble } from '../store/trouble'
import { loadWords } from '../words/load'
import { preferred, speak } from '../words/words'
import { App } from './app'
import { followLaunches } from './launch'
import { startRouter } from './router'
import { guardLayers, Sheets } from './sheets'

/** Starts the app with what was found on the disk. `painted` says what of it
 *  stands on the screen when the app is ready. */
export async function boot(found: Found | StoreTrouble, painted: () => Rows | undefined): Promise<void> {
  if (!(found instanceof StoreTrouble)) store.adopt(found)
  const lang = preferred(vault.peek().settings.language)
  speak(lang, await loadWords(lang))
  shownLanguage.value = lang
  startRouter()
  // From here to the end of `takeOver` nothing waits: the picture cannot change in between.
  followVault()
  startRows(painted())
  takeOver(painted() !== undefined, found instanceof StoreTrouble ? found : undefined)
  followChoices()
  followErasing()
  followLaunches()
  for (const plug of plugs) plug.background?.()
}

function takeOver(drawn: boolean, trouble: StoreTrouble | undefined): void {
  const [app, sheets, over] = ['app', 'sheets', 'over'].map(place) as [HTMLElement, HTMLElement, HTMLElement]
  const screen = <App trouble={trouble?.why} />
  if (drawn) hydrate(screen, app)
  else {
    app.replaceChildren() // shapes of a list that may not come
    render(screen, app)
  }
  render(<Sheets />, sheets)
  render(plugs.map((plug, i) => plug.over && <plug.over key={i} />), over)
  guardLayers([app, sheets, over])
}

function place(id: string): HTMLElement {
  const found = document.getElementById(id)
  if (!found) throw new Error(`index.html has no #${id}`)
  return found
}
