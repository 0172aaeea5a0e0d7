/** The keyboard in the list: "/" searches, arrows go from row to row, Alt with an
 *  arrow moves the account, Escape empties the search. Tab and Enter work as
 *  everywhere. */
import { sheets } from '../shell/router'
import { step } from './arrange'
import { clear } from './inview'

/** Keys work from now on. Answers with what ends it. */
export function startKeys(): () => void {
  addEventListener('keydown', press)
  return () => removeEventListener('keydown', press)
}

function press(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.isComposing || sheets.peek().length > 0) return
  const from = event.target instanceof HTMLElement ? event.target : document.body
  const search = document.querySelector<HTMLInputElement>('.search input')
  const writes = from.matches('input, textarea, select')
  const arrow = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  if (event.key === '/' && !writes && search) search.focus()
  else if (event.key === 'Escape' && from === search && search?.value) clear()
  else if (arrow !== 0 && event.altKey) {
    if (!moveRow(from, arrow)) return
  } else if (arrow !== 0 && (!writes || from === search)) {
    if (!nextRow(from, arrow, search)) return
  } else return
  event.preventDefault()
}

/** What of a row the arrows stop at: the code, or what stands in its place. */
const stop = '.copy:not([aria-hidden]), .todo'

/** Puts the focus on the row below or above; above the first is the search. */
function nextRow(from: HTMLElement, by: 1 | -1, search: HTMLInputElement | null): boolean {
  const row = from.closest('.account')
  const rows = [...document.querySelectorAll<HTMLElement>('.accounts > .account')]
  if (!row && from !== search) return false
  const at = row ? rows.indexOf(row as HTMLElement) + by : by > 0 ? 0 : -1
  const next = rows[at]
  if (next) {
    const same = from.matches('.open') ? '.open' : stop
    next.querySelector<HTMLElement>(same)?.focus()
    next.scrollIntoView({ block: 'nearest' })
  } else if (at < 0 && row) search?.focus()
  else return false
  return true
}

/** Moves the account of a row; the focus goes with it, unless it has gone on by then. */
function moveRow(from: HTMLElement, by: 1 | -1): boolean {
  const id = from.closest<HTMLElement>('.account')?.dataset.id
  if (!id) return false
  const part = from.matches('.open') ? '.open' : stop
  const follow = () => {
    const row = document.querySelector(`.account[data-id="${CSS.escape(id)}"]`)
    if (document.activeElement === document.body) row?.querySelector<HTMLElement>(part)?.focus()
  }
  const moved = step(id, by)
  requestAnimationFrame(follow) // the list shows it before it is done
  void moved.then(() => requestAnimationFrame(follow))
  return true
}
