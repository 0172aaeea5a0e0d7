/** Where the person is: the part of the address behind `#`, such as
 *  `account/1f…` or `pair?i=…`. Nothing behind `#` is ever sent to a server.
 *  Sheets lie over the screen, each with a history entry, so that *back* closes
 *  the topmost one. */
import { signal, type ReadonlySignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { hideToast } from './toast'

export type Route = {
  /** The words between slashes; empty for the list of accounts. */
  path: string[]
  query: URLSearchParams
}

/** What lies over a screen. `close` is what a button calls; *back* does the
 *  same. `closed` is called once, however it went. */
export type Sheet = {
  draw: (close: () => void) => ComponentChildren
  /** Escape, or a tap beside it, leaves `standing` alone: an approval is answered, not dismissed. */
  standing?: boolean
  closed?: () => void
}

/** What we keep in a history entry: how deep it is, and how many sheets lie open. */
type Mark = { depth: number; sheets: number }

const here = signal<Route>(parse(location.hash))
const pile = signal<Sheet[]>([])

export const route: ReadonlySignal<Route> = here

/** The open sheets, the topmost last. */
export const sheets: ReadonlySignal<readonly Sheet[]> = pile

/** Reads an address: `#account/1f?x=1`, with or without its `#`. */
export function parse(hash: string): Route {
  const [words = '', query = ''] = split(hash.replace(/^#\/?/, ''))
  return { path: words.split('/').filter(Boolean).map(decode), query: new URLSearchParams(query) }
}

/** Shows another screen. Open sheets close, and what was said of the last screen goes. */
export function go(to: string): void {
  hideToast()
  whenStill(() => {
    if (pile.value.length > 0) return replace(to)
    history.pushState({ depth: mark().depth + 1, sheets: 0 } satisfies Mark, '', `#${to}`)
    settle()
  })
}

/** Shows another screen in place of this one: *back* skips this one, and what
 *  its address held is gone. */
export function replace(to: string): void {
  whenStill(() => {
    history.replaceState({ depth: mark().depth, sheets: 0 } satisfies Mark, '', `#${to}`)
    settle()
  })
}

/** Back to where the person came from, or to `fallback` if they came from outside. */
export function back(fallback = ''): void {
  whenStill(() => {
    if (mark().depth > 0) move(-1)
    else replace(fallback)
  })
}

/** Lays a sheet over the screen and answers with what closes it. */
export function openSheet(sheet: Sheet): () => void {
  whenStill(() => {
    const { depth } = mark()
    pile.value = [...pile.value, sheet]
    history.pushState({ depth: depth + 1, sheets: pile.value.length } satisfies Mark, '')
  })
  return () => closeSheet(sheet)
}

/** Lays a sheet in the place of the topmost one; with none open, over the screen. */
export function nextSheet(sheet: Sheet): void {
  whenStill(() => {
    const top = pile.value.at(-1)
    if (!top) {
      openSheet(sheet)
      return
    }
    pile.value = [...pile.value.slice(0, -1), sheet]
    top.closed?.()
  })
}

/** Closes a sheet and whatever lies over it. A second touch closes nothing more. */
export function closeSheet(sheet: Sheet): void {
  whenStill(() => {
    const at = pile.value.indexOf(sheet)
    if (at >= 0) move(at - pile.value.length)
  })
}

/** The browser goes back in its own time. What would change the history before
 *  it has arrived waits, or it would be undone together with what was left. */
const waiting: (() => void)[] = []
let moving: ReturnType<typeof setTimeout> | undefined

function whenStill(step: () => void): void {
  if (moving === undefined) step()
  else waiting.push(step)
}

/** A history that has lost its entries never arrives: then we go on where we are. */
function move(by: number): void {
  moving = setTimeout(arrived, 2000)
  history.go(by)
}

function arrived(): void {
  clearTimeout(moving)
  moving = undefined
  settle()
  for (const step of waiting.splice(0)) whenStill(step)
}

/** Follows the browser's own moves and the links of our pages. Called once. */
export function startRouter(): void {
  if (mark().sheets > 0) history.replaceState({ ...mark(), sheets: 0 } satisfies Mark, '')
  addEventListener('popstate', arrived)
  addEventListener('click', followLink)
  here.value = parse(location.hash)
}

function settle(): void {
  const open = pile.value
  const left = mark().sheets
  if (open.length > left) {
    pile.value = open.slice(0, left)
    for (const sheet of open.slice(left).reverse()) sheet.closed?.()
  }
  here.value = parse(location.hash)
}

/** Follows our own links. `data-instead` puts the next screen in the place of
 *  this one; "#main" is not a screen but the way past the bar. */
function followLink(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return
  const link = event.target instanceof Element ? event.target.closest('a') : null
  const href = link?.getAttribute('href')
  if (!href?.startsWith('#')) return
  event.preventDefault()
  if (href === '#main') document.getElementById('main')?.focus()
  else if (link?.dataset.instead === undefined) go(href.slice(1))
  else replace(href.slice(1))
}

function mark(): Mark {
  const state = history.state as Partial<Mark> | null
  return { depth: state?.depth ?? 0, sheets: state?.sheets ?? 0 }
}

function split(text: string): [string, string] {
  const at = text.indexOf('?')
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function decode(word: string): string {
  try {
    return decodeURIComponent(word)
  } catch {
    return word
  }
}
