/** Whether the window has room for two panes: the list, and what is open. */
import { signal, type ReadonlySignal } from '@preact/signals'

const room = matchMedia('(min-width: 64rem)')
const now = signal(room.matches)

export const wide: ReadonlySignal<boolean> = now

room.addEventListener('change', () => {
  now.value = room.matches
})
