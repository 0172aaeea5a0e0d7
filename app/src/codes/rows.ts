/** Which rows of the list are worth drawing: those in the window and some around
 *  it. The first paint guesses; the app looks. */
import type { Kind } from '../store/vault'
import { kinds, type Group, type Rows } from './accounts'

/** Rows kept beyond the window, where scrolling goes and where it came from: at most, and when there
 *  are fewer than `enough`, one more is drawn each frame, two when many lack: every row that is drawn
 *  takes its part of every frame's time. */
const ahead = { spare: 6, enough: 5 }
const behind = { spare: 3, enough: 2 }

/** What a row and a column take at least, and the least that lies between rows and
 *  stands above the first, in rem (app.css). */
const rowHeight = 5.875
const columnWidth = 20.5
const between = 0.5
const header = 9

/** The rows at the top of a list that nobody has scrolled yet. */
export function firstRows(groups: readonly Group[]): Rows {
  const width = Math.min(innerWidth, 78 * 16) - 32
  const columns = width < 44 * 16 ? 1 : Math.floor((width + 12) / (columnWidth * 16 + 12))
  let left = Math.max(1, Math.ceil((innerHeight / 16 - header) / (rowHeight + between))) * columns
  const rows = none(columns)
  for (const { kind, entries } of groups) {
    rows[kind] = [0, Math.min(left, entries.length)]
    left = Math.max(0, left - entries.length)
  }
  return rows
}

function none(columns: number): Record<Kind, [number, number]> & { columns: number } {
  return { personal: [0, 0], work: [0, 0], other: [0, 0], columns }
}

/** The ids of the accounts whose rows are drawn. */
export function idsIn(groups: readonly Group[], rows: Rows): string[] {
  return groups.flatMap(({ kind, entries }) => entries.slice(...rows[kind]).map(({ id }) => id))
}

/** The same rows and some above and below them, as far as there are any. */
export function wider(groups: readonly Group[], rows: Rows, by: number): Rows {
  const all = { ...rows }
  for (const { kind, entries } of groups) {
    const [from, to] = rows[kind]
    if (from < to) all[kind] = [Math.max(0, from - by * rows.columns), Math.min(entries.length, to + by * rows.columns)]
  }
  return all
}

/** Where the groups stand in the window now. */
export type Sight = {
  height: number
  /** Of one row, with what lies between it and the next. */
  pitch: number
  columns: number
  /** Where each group begins: negative above the window. */
  tops: Partial<Record<Kind, number>>
  /** True when the list was scrolled up last. */
  up: boolean
}

/** Where the list stood when it was looked at last, and which way it had come. */
let stood: { list: Element; top: number; up: boolean } | undefined

/** What the window and the styles said of this list at this width. */
let measured: { list: Element; width: number; height: number; pitch: number; columns: number } | undefined

/** The window is another: what was measured in it does not hold. */
export function measureAnew(): void {
  measured = undefined
}

/** Looks at the page. Nothing while no group is on it. It is called in every frame of
 *  scrolling, so it asks for nothing but where the lists are. */
export function look(): Sight | undefined {
  const lists = document.querySelectorAll<HTMLElement>('.accounts[data-kind]')
  const [first] = lists
  if (!first) return undefined
  const tops: Sight['tops'] = {}
  for (const list of lists) tops[list.dataset.kind as Kind] = list.getBoundingClientRect().top
  const { top, width } = first.getBoundingClientRect()
  if (stood?.list !== first) stood = { list: first, top, up: false }
  else if (top !== stood.top) stood = { list: first, top, up: top > stood.top }
  const { height, pitch, columns } = measure(first, width)
  return { height, pitch, columns, tops, up: stood.up }
}

/** Whoever makes letters larger changes the width too. */
function measure(list: Element, width: number): NonNullable<typeof measured> {
  if (measured?.list === list && measured.width === width) return measured
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize)
  const row = list.firstElementChild
  const gap = row ? Number.parseFloat(getComputedStyle(row).marginBottom) : 0
  const columns = getComputedStyle(list).gridTemplateColumns.split(' ').length
  measured = { list, width, height: innerHeight, pitch: rowHeight * rem + gap, columns }
  return measured
}

/** The rows to draw for what is in sight. While those that are drawn still reach
 *  far enough they stay as they are, so that scrolling draws now and then. */
export function rowsFor(groups: readonly Group[], sight: Sight, before: Rows): Rows {
  const { height, pitch, columns, tops, up } = sight
  const [over, under] = up ? [ahead, behind] : [behind, ahead]
  const rows = none(columns)
  let far = columns !== before.columns
  for (const { kind, entries } of groups) {
    const top = tops[kind] ?? 0
    const [first, last] = [Math.floor(-top / pitch), Math.ceil((height - top) / pitch)]
    const most = Math.ceil(entries.length / columns)
    const within = (row: number) => Math.min(Math.max(0, Math.min(row, most)) * columns, entries.length)
    const seen = [within(first), within(last)] as const
    const [from, to] = before[kind][0] < seen[1] && before[kind][1] > seen[0] ? before[kind] : seen
    const some = (lacking: number) => (lacking > 3 * columns ? 2 : lacking > 0 ? 1 : 0) * columns
    const [above, below] = [some(from - within(first - over.enough)), some(within(last + under.enough) - to)]
    rows[kind] = [
      Math.max(within(first - over.spare), Math.min(from - above, seen[0])),
      Math.min(within(last + under.spare), Math.max(to + below, seen[1])),
    ]
    far ||= above > 0 || below > 0
  }
  return far ? rows : before
}

/** True if two choices of rows are alike. */
export function sameRows(a: Rows, b: Rows): boolean {
  return a.columns === b.columns && kinds.every((kind) => a[kind][0] === b[kind][0] && a[kind][1] === b[kind][1])
}
