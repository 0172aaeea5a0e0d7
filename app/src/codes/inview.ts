/** What of the list is on the screen: what was searched, which chip is chosen,
 *  which rows are drawn – and whose codes are wanted for that. Rows come to the
 *  screen together with their codes. */
import { batch, computed, signal, type ReadonlySignal } from '@preact/signals'
import { vault } from '../store/store'
import type { Entry } from '../store/vault'
import { groupsOf, sorted, tagsOf, type Filter, type Group, type Rows } from './accounts'
import { want, wantAhead } from './clockwork'
import { moving, withMove } from './moving'
import { firstRows, idsIn, look, measureAnew, rowsFor, sameRows, wider } from './rows'
import { search } from './search'

const typedNow = signal('')
const searched = signal('')
const chosen = signal<Filter>('all')
const drawn = signal<Rows | undefined>(undefined)

/** What stands in the search field. */
export const typed: ReadonlySignal<string> = typedNow

/** What the list shows the answer to: what was typed, a moment ago. */
export const query: ReadonlySignal<string> = searched

/** The chosen chip; a tag that nobody has any more is no choice. */
export const filter: ReadonlySignal<Filter> = computed(() => {
  const name = chosen.value
  return name.startsWith('#') && !tagsOf(vault.value.entries).includes(name.slice(1)) ? 'all' : name
})

const entries = computed(() => withMove(vault.value.entries, moving.value))

/** What the query finds, in order. */
export const found = computed(() => search(sorted(entries.value), searched.value))

/** What stands in the list. */
export const groups = computed(() => groupsOf(found.value, filter.value))

/** Takes over the rows that the first paint has drawn. */
export function startRows(painted: Rows | undefined): void {
  drawn.value = painted
}

/** The rows to draw. */
export function rows(): Rows {
  return (drawn.value ??= firstRows(groups.peek()))
}

export function type(text: string): void {
  typedNow.value = text
  begin(text, chosen.peek())
}

export function choose(name: Filter): void {
  begin(searched.peek(), name)
}

export function clear(): void {
  typedNow.value = ''
  begin('', 'all')
}

/** Shows another list from its top, once its codes are there. */
function begin(text: string, name: Filter): void {
  const next = groupsOf(search(sorted(vault.peek().entries), text), name)
  const top = firstRows(next)
  wantListed(next, top, () => {
    if (typedNow.peek() !== text && text !== searched.peek()) return // more was typed meanwhile
    batch(() => {
      searched.value = text
      chosen.value = name
      drawn.value = top
    })
  })
}

/** How long after it was scrolled the list counts as scrolling, in milliseconds. */
const rest = 300

let scrolled = -rest

/** The list has been scrolled. */
export function scroll(): void {
  scrolled = performance.now()
  reach()
}

/** The window has another size. */
export function resize(): void {
  measureAnew()
  reach()
}

/** Whether the list is being scrolled, or was a moment ago. */
export function isScrolling(): boolean {
  return performance.now() - scrolled < rest
}

let next = 0

/** Draws other rows if those that are drawn do not reach far enough: in the next
 *  frame and before it changes anything, when looking makes the browser lay out nothing. */
export function reach(): void {
  next ||= requestAnimationFrame(reachNow)
}

function reachNow(): void {
  next = 0
  const sight = look()
  if (!sight) return
  const now = rows()
  const better = rowsFor(groups.peek(), sight, now)
  wantListed(groups.peek(), better, () => {
    if (sameRows(now, better)) return
    drawn.value = better
    reach() // there may be more to draw
  })
}

/** For how many rows above and below those that are drawn codes are made too, and how few
 *  of them are left when they are made anew: one by one they cost more than together. */
const ahead = 8
const few = 3

let listed: ReadonlySet<string> = new Set()
let opened: string | undefined

/** `then` comes at once when the codes of these rows were made ahead. */
function wantListed(shown: readonly Group[], some: Rows, then: () => void): void {
  const covers = (those: Rows) => idsIn(shown, those).every((id) => listed.has(id))
  const more = () => new Set(idsIn(shown, wider(shown, some, ahead)))
  if (!covers(some)) listed = more()
  void want(wanted(), then)
  if (covers(wider(shown, some, few))) return
  listed = more()
  wantAhead(wanted())
}

/** The code of this account is wanted too. */
export function wantOpen(entry: Entry | undefined): void {
  opened = entry?.id
  void want(wanted())
}

function wanted(): Iterable<string> {
  return opened === undefined ? listed : [...listed, opened]
}
