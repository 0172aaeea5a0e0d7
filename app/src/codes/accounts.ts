/** The list of accounts as a function of what is known: groups, what was found,
 *  codes. Drawn first by the first paint, then by the app. Of a long list only
 *  the rows near the window are drawn; gaps keep the place of the others. */
import type { Draw } from '../start/draw'
import { drawIcon } from '../start/draw'
import type { Entry, Kind, ServerState, Vault } from '../store/vault'
import { language, t } from '../words/words'
import { leftOf } from './clockwork'
import { counted } from './counted'
import { lastSeconds, recipeOf, type Dial, type Face } from './dial'
import { logoOf } from './logos'
import { drawMark, titleOf, whoOf } from './mark'
import { codeLook, drawDots, drawSigns, spoken } from './numerals'
import type { Note } from './notes'
import { revealed } from './revealed'

/** What the chips above the list choose: everything, a kind, or a tag. */
export type Filter = Kind | 'all' | `#${string}`

/** Which rows of each group are drawn: from the first to before the second.
 *  `columns` is how many stand side by side. */
export type Rows = Readonly<Record<Kind, readonly [number, number]>> & { readonly columns: number }

/** What the screen shows around its rows. */
export type Screen = {
  vault: Vault
  query: string
  /** What the query finds, in order. */
  found: readonly Entry[]
  filter: Filter
  notes: readonly Note[]
}

/** What the rows show. */
export type Listed = {
  vault: Vault
  dial: Dial
  rows: Rows
  /** The account that is open beside the list. */
  open?: string
  /** True while the list is scrolled: then nothing moves within it. */
  scrolling?: boolean
}

/** What a touch of the list does; the first paint has no hands yet. */
export type Hands = {
  search?: (event: Event) => void
  choose?: (filter: Filter) => void
  clear?: () => void
  nextCode?: (id: string) => void
  reveal?: (id: string) => void
}

export const kinds: readonly Kind[] = ['personal', 'work', 'other']

/** Accounts that stand together under one heading. */
export type Group = { kind: Kind; entries: readonly Entry[] }

/** Where a row stands among those that are not all drawn. */
export type Place = Readonly<Record<string, number>>

/** Draws one row; the app keeps those that would look the same. */
export type RowDrawer<N> = (draw: Draw<N>, entry: Entry, model: Listed, hands: Hands, place: Place) => N

/** The screen's main part. `list` draws the groups, `above` is what the app's parts put over them. */
export function drawAccounts<N>(draw: Draw<N>, model: Screen, list: (shown: readonly Group[]) => N, hands: Hands = {}, above: N | null = null): N {
  const all = sorted(model.vault.entries)
  const shown = groupsOf(model.found, model.filter)
  return draw(
    'main',
    { id: 'main', tabindex: -1 },
    draw('h1', { class: 'vh', tabindex: -1 }, t('app.list.title')),
    ...model.notes.map((note) => drawNote(draw, note)),
    above,
    all.length > 1 ? drawSearch(draw, all.length, model.query, hands) : null,
    drawFilters(draw, all, model, hands),
    shown.length > 0 ? list(shown) : drawNothing(draw, model.query, hands),
  )
}

const inOrder = new WeakMap<readonly Entry[], readonly Entry[]>()

/** Pinned ones first, then the person's order. */
export function sorted(entries: readonly Entry[]): readonly Entry[] {
  let all = inOrder.get(entries)
  if (!all) {
    all = [...entries].sort((a, b) => Number(b.pinned) - Number(a.pinned) || a.order - b.order)
    inOrder.set(entries, all)
  }
  return all
}

/** The groups that a filter leaves of what was found; none is empty. */
export function groupsOf(found: readonly Entry[], filter: Filter): Group[] {
  const shown = found.filter((entry) => fits(entry, filter))
  return kinds
    .map((kind) => ({ kind, entries: shown.filter((entry) => entry.kind === kind) }))
    .filter(({ entries }) => entries.length > 0)
}

function fits(entry: Entry, filter: Filter): boolean {
  if (filter === 'all' || entry.kind === filter) return true
  return filter.startsWith('#') && (entry.tags?.includes(filter.slice(1)) ?? false)
}

const counts = new WeakMap<readonly Entry[], ReadonlyMap<Filter, number>>()

/** How many accounts each chip leaves; those that leave none are not there. */
function countsOf(entries: readonly Entry[]): ReadonlyMap<Filter, number> {
  const known = counts.get(entries)
  if (known) return known
  const all = new Map<Filter, number>([['all', entries.length]])
  for (const { kind, tags } of entries) {
    all.set(kind, (all.get(kind) ?? 0) + 1)
    for (const tag of new Set(tags)) all.set(`#${tag}`, (all.get(`#${tag}`) ?? 0) + 1)
  }
  counts.set(entries, all)
  return all
}

/** The tags that accounts have, by name. */
export function tagsOf(entries: readonly Entry[]): string[] {
  const tags = [...countsOf(entries).keys()].filter((name) => name.startsWith('#'))
  return tags.map((name) => name.slice(1)).sort((a, b) => a.localeCompare(b))
}

function drawNote<N>(draw: Draw<N>, note: Note): N {
  return draw(
    'p',
    { key: note.icon, class: `note ${note.tone}`, role: 'status' },
    drawIcon(draw, note.icon, 'i i-s'),
    draw(
      'span',
      null,
      draw('strong', null, note.title),
      note.text,
      note.link ? ' ' : null,
      note.link ? draw('a', { href: note.link.to }, note.link.text) : null,
    ),
  )
}

function drawSearch<N>(draw: Draw<N>, n: number, query: string, { search }: Hands): N {
  return draw(
    'label',
    { key: 'search', class: 'search' },
    drawIcon(draw, 'i-search', 'i i-s'),
    draw('span', { class: 'vh' }, t('app.list.search')),
    draw('input', {
      type: 'search',
      value: query,
      placeholder: t('app.list.search.placeholder', { n }),
      autocomplete: 'off',
      spellcheck: 'false',
      enterkeyhint: 'search',
      onInput: search,
    }),
  )
}

/** Chips for the kinds and tags there are, if there is more than one thing to choose. */
function drawFilters<N>(draw: Draw<N>, entries: readonly Entry[], { found, filter }: Screen, { choose }: Hands): N | null {
  const labels: Record<Kind, string> = {
    personal: t('app.list.personal'),
    work: t('app.list.work.short'),
    other: t('app.list.other'),
  }
  const there = kinds.filter((kind) => countsOf(entries).has(kind))
  const tags = tagsOf(entries)
  if (there.length < 2 && tags.length === 0) return null
  const all: [Filter, string][] = [
    ['all', t('app.list.all')],
    ...(there.length > 1 ? there.map((kind): [Filter, string] => [kind, labels[kind]]) : []),
    ...tags.map((tag): [Filter, string] => [`#${tag}`, tag]),
  ]
  const buttons = all.map(([name, label]) => {
    const n = countsOf(found).get(name) ?? 0
    const onClick = choose && (() => choose(name))
    const props = { key: name, type: 'button', 'aria-pressed': String(filter === name), onClick }
    return draw('button', props, name.startsWith('#') ? drawIcon(draw, 'i-tag', 'i i-xs') : null, `${label} `, draw('span', null, String(n)))
  })
  return draw('div', { key: 'filters', class: 'filters', role: 'group', 'aria-label': t('app.list.show') }, ...buttons)
}

/** The rows under their headings. */
export function drawGroups<N>(draw: Draw<N>, shown: readonly Group[], model: Listed, hands: Hands = {}, row: RowDrawer<N> = drawRow): N {
  const titles: Record<Kind, string> = {
    personal: t('app.list.personal'),
    work: t('app.list.work'),
    other: t('app.list.other'),
  }
  const groups = shown.flatMap(({ kind, entries }) => [
    draw('h2', { key: kind, class: 'group-title' }, titles[kind], draw('span', { class: 'tiny' }, String(entries.length))),
    draw('ul', { key: `${kind}s`, class: 'accounts', 'data-kind': kind }, ...drawRows(draw, entries, model.rows[kind], (entry, place) => row(draw, entry, model, hands, place), model.rows.columns)),
  ])
  return draw('div', { key: 'groups', class: 'stack groups' }, ...groups)
}

function drawRows<N>(draw: Draw<N>, entries: readonly Entry[], [from, to]: readonly [number, number], row: (entry: Entry, place: Place) => N, columns: number): N[] {
  const n = entries.length
  const below = n - Math.min(to, n)
  const rows = entries.slice(from, to).map((entry, i) => row(entry, from > 0 || below > 0 ? { 'aria-setsize': n, 'aria-posinset': from + i + 1 } : {}))
  return [
    ...(from > 0 ? [drawGap(draw, 'above', from / columns)] : []),
    ...rows,
    ...(below > 0 ? [drawGap(draw, 'below', below / columns)] : []),
  ]
}

/** The place of rows that are not drawn. */
function drawGap<N>(draw: Draw<N>, key: string, rows: number): N {
  return draw('li', { key, class: 'gap', 'aria-hidden': 'true', style: { '--rows': String(Math.ceil(rows)) } })
}

/** All that a row shows and its entry does not say. */
export function lookOf(entry: Entry, { vault, dial, open }: Listed, place: Place): string {
  const face = dial.faces.get(entry.id)
  const codes = [face?.code, face?.beat.id, face?.beat.ending, vault.settings.nextEarly && face?.next, counted.get(entry.id)]
  return [...codes, logoOf(entry.server)?.id, isHidden(entry, vault), entry.id === open, language(), ...Object.values(place)].join()
}

export function drawRow<N>(draw: Draw<N>, entry: Entry, model: Listed, hands: Hands, place: Place): N {
  const face = model.dial.faces.get(entry.id)
  const state = face?.beat.ending ? ' ending' : recipeOf(entry) ? '' : ' hurt'
  const open = entry.id === model.open
  return draw(
    'li',
    { key: entry.id, class: `account${state}${open ? ' chosen' : ''}`, 'data-id': entry.id, 'data-pinned': entry.pinned ? '' : undefined, ...place },
    drawMark(draw, entry),
    draw(
      'a',
      { class: 'open', href: `#account/${entry.id}`, 'aria-current': open ? 'true' : undefined },
      draw('strong', { class: 'clip' }, titleOf(entry)),
      draw('span', { class: 'clip' }, whoOf(entry)),
      entry.pinned ? draw('span', { class: 'badge' }, drawIcon(draw, 'i-pin', 'i i-xs'), draw('span', { class: 'vh' }, t('app.list.pinned'))) : null,
    ),
    ...(face ? drawFace(draw, entry, face, model, hands) : drawWithoutClock(draw, entry, hands)),
  )
}

/** True for an account whose code shows only when it is asked for. */
export function isHidden(entry: Entry, vault: Vault): boolean {
  return vault.settings.hideCodes === true && !revealed.has(entry.id)
}

function drawFace<N>(draw: Draw<N>, entry: Entry, face: Face, { vault, scrolling }: Listed, { reveal }: Hands): (N | null)[] {
  if (isHidden(entry, vault)) {
    const onClick = reveal && (() => reveal(entry.id))
    return [drawVeiled(draw, entry, face.code, onClick), drawRing(draw, face)]
  }
  const next = face.beat.ending && vault.settings.nextEarly ? face.next : undefined
  const still = scrolling || face.beat.left < lastSeconds
  return [drawToCopy(draw, entry, face.code), next === undefined ? null : drawNext(draw, next, still), drawRing(draw, face)]
}

/** A code that a tap copies. One name for those who listen, and no element for it: a list has hundreds of them. */
function drawToCopy<N>(draw: Draw<N>, entry: Entry, code: string): N {
  const name = `${t('app.list.copy', { name: titleOf(entry) })} ${spoken(code)}`
  return draw('button', { key: 'code', class: `copy ${codeLook(code)}`, type: 'button', 'data-copy': entry.id, 'aria-label': name }, drawSigns(draw, code))
}

/** A code that a tap shows. */
function drawVeiled<N>(draw: Draw<N>, entry: Entry, code: string, onClick: (() => void) | undefined): N {
  const name = t('app.list.reveal', { name: titleOf(entry) })
  return draw('button', { key: 'hidden', class: `copy ${codeLook(code, 'veil')}`, type: 'button', 'aria-label': name, onClick }, drawDots(draw, code))
}

/** The countdown; the clockwork moves it on. */
export function drawRing<N>(draw: Draw<N>, { beat }: Face): N {
  const round = { d: 'M18 2.085a15.915 15.915 0 0 1 0 31.83a15.915 15.915 0 0 1 0-31.83' }
  return draw(
    'svg',
    { key: 'ring', class: 'ring', viewBox: '0 0 36 36', 'aria-hidden': 'true', 'data-beat': beat.id, style: { '--left': String(leftOf(beat)) } },
    draw('path', round),
    draw('path', { class: 'left', ...round }),
  )
}

/** The code that comes next. It rises when its time has come, not in rows that are drawn later. */
function drawNext<N>(draw: Draw<N>, code: string, still: boolean): N {
  return draw(
    'span',
    { key: 'next', class: `next-wrap ${codeLook(code, 'next')}${still ? ' still' : ''}` },
    draw('span', null, t('app.list.next')),
    drawSigns(draw, code, spoken(code)),
  )
}

/** An account by counter waits to be asked; one whose server takes no codes says so. */
function drawWithoutClock<N>(draw: Draw<N>, entry: Entry, { nextCode }: Hands): N[] {
  if (!recipeOf(entry)) return [drawTodo(draw, entry)]
  if (entry.type !== 'hotp') return [draw('span', { class: 'copy', 'aria-hidden': 'true' })] // made in a moment
  const code = counted.get(entry.id)
  const onClick = nextCode && (() => nextCode(entry.id))
  const label = t('app.list.count', { name: titleOf(entry) })
  if (code === undefined) {
    const look = draw('span', { class: 'ask', 'aria-hidden': 'true' }, drawIcon(draw, 'i-refresh', 'i i-s'), t('app.list.count.short'))
    return [draw('button', { class: 'copy', type: 'button', 'aria-label': label, onClick }, look)]
  }
  const again = draw('button', { class: 'icon-btn', type: 'button', 'aria-label': label, onClick }, drawIcon(draw, 'i-refresh', 'i i-s'))
  return [drawToCopy(draw, entry, code), again]
}

function drawTodo<N>(draw: Draw<N>, entry: Entry): N {
  const words = todoWords(entry.server?.state)
  return draw(
    'a',
    { class: 'todo', href: `#account/${entry.id}` },
    drawIcon(draw, 'i-warn', 'i i-s'),
    words,
    drawIcon(draw, 'i-chevron', 'i i-s'),
  )
}

/** Why an account of a sign-in service has no code. */
export function todoWords(state: ServerState | undefined): string {
  switch (state) {
    case 'removed':
      return t('app.list.removed')
    case 'elsewhere':
      return t('app.list.elsewhere')
    case 'suspended':
      return t('app.list.suspended')
    default:
      return t('app.list.pending')
  }
}

function drawNothing<N>(draw: Draw<N>, query: string, { clear }: Hands): N {
  return draw(
    'div',
    { key: 'nothing', class: 'card stack' },
    draw('p', { role: 'status' }, query ? t('app.list.nothing', { query }) : t('app.list.nothing.kind')),
    draw('button', { class: 'btn sm self-start', type: 'button', onClick: clear }, t('app.list.clear')),
  )
}

/** The bar at the top of the list, with the countdown for those who do not see rings:
 *  the seconds that are left. `end` is what the app's parts put at its end. */
export function drawTop<N>(draw: Draw<N>, left: number | undefined, end: N | null = null): N {
  return draw(
    'header',
    { class: 'topbar' },
    draw('a', { class: 'brand', href: '#' }, draw('svg', { class: 'logo', viewBox: '0 0 32 32', 'aria-hidden': 'true' }, draw('use', { href: '#logo' })), 'Countersign'),
    draw('span', { class: 'grow' }),
    draw('span', { class: 'vh', role: 'timer' }, left === undefined ? '' : t('app.list.left', { n: left })),
    end,
  )
}
