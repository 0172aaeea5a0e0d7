/** Light or dark. The choice lies in the vault with the other settings and, so
 *  that the very first frame has the right colours, in localStorage too. */
import type { Theme } from '../store/vault'

const place = 'theme'

/** Puts a choice on the page and remembers it for the next start. */
export function wear(theme: Theme | undefined): void {
  const root = document.documentElement
  if (theme) root.dataset.theme = theme
  else delete root.dataset.theme
  try {
    if (theme) localStorage.setItem(place, theme)
    else localStorage.removeItem(place)
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

/** Puts on what was worn last. */
export function wearLast(): void {
  try {
    const theme = localStorage.getItem(place)
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
  } catch {
    // No storage: the phone's own look.
  }
}
