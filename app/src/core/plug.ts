/** The core comes when it is wanted, and never before the first codes. */
import type { Plug } from '../shell/plug'
import { vault } from '../store/store'

/** The core: `(await loadCore()).change('undo', {})`. */
export async function loadCore() {
  return (await import('./core')).core
}

/** When nobody waits for anything, in milliseconds after the first codes. */
const quiet = 5000

export const coming: Plug = {
  background() {
    setTimeout(() => {
      const now = vault.peek()
      if (!('core' in now) && now.entries.length > 0) void loadCore().then((core) => core.adopt())
    }, quiet)
  },
}
