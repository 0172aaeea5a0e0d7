/** The list of accounts as a function of what is known: groups, search, filter,
 *  codes. Drawn first by the first paint, then by the app. */
import type { Draw } from '../start/draw'
import { drawIcon } from '../start/draw'
import type { Entry, Kind, Vault } from '../store/vault'
import { t } from '../words/words'
import { counted } from './counted'
import { mainBeat, type Dial, type Face } from './dial'
import { drawMark, titleOf } from './mark'
import { drawCode } from './numerals'
import type { Note } from './notes'

export type Filter = Kind | 'all'

export type Accounts = {
  vault: Vault
  dial: Dial
  query: string
  filter: Filter
  notes: readonly Note[]
}

/** What a touch of the list does; the first paint has no hands yet. */
export type Hands = {
  search?: (event: Event) => void
  choose?: (filter: Filter) => void
  clear?: () => void
  nextCode?: (id: string) => void
}

const kinds: readonly Kind[] = ['personal', 'work', 'other']

/** The screen's main part. `above` is what the app's parts put over the list. */
export function drawAccounts<N>(draw: Draw<N>, model: Accounts, hands: Hands = {}, above: N | null = null): N {
  const entries = sorted(model.vault.entries)
  const found = entries.filter((entry) => matches(entry, model.query))
  const shown = model.filter === 'all' ? found : found.filter((entry) => entry.kind === model.filter)
  return draw(
    'main',
    { id: 'main', tabindex: -1 },
    draw('h1', { class: 'vh' }, t('app.list.title')),
    ...model.notes.map((note) => drawNote(draw, note)),
    above,
    entries.length > 1 ? drawSearch(draw, entries.length, model.query, hands) : null,
    new Set(entries.map((entry) => entry.kind)).size > 1 ? drawFilters(draw, found, model.filter, hands) : null,
    shown.length > 0 ? drawGroups(draw, shown, model, hands) : drawNothing(draw, model.query, hands),
  )
}

/** Pinned ones first, then the person's order. */
export function sorted(entries: readonly Entry[]): Entry[] {
  return [...entries].sort((a, b) => Number(b.pinned) - Number(a.pinned) || a.order - b.order)
}

/** Every word of the query is somewhere in issuer, name, note or host. */
function matches(entry: Entry, query: string): boolean {
  const text = fold([entry.issuer, entry.name, entry.note, entry.server?.host ?? ''].join(' '))
  return fold(query)
    .split(/\s+/)
    .every((word) => text.includes(word))
}

/** Upper and lower case, full and half width, hiragana and katakana are alike when searching. */
function fold(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[ァ-ヶ]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) - 0x60))
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

function drawFilters<N>(draw: Draw<N>, found: readonly Entry[], filter: Filter, { choose }: Hands): N {
  const all: [Filter, string][] = [
    ['all', t('app.list.all')],
    ['personal', t('app.list.personal')],
    ['work', t('app.list.work.short')],
    ['other', t('app.list.other')],
  ]
  const buttons = all.map(([name, label]) => {
    const n = name === 'all' ? found.length : found.filter((entry) => entry.kind === name).length
    const onClick = choose && (() => choose(name))
    const props = { key: name, type: 'button', 'aria-pressed': String(filter === name), onClick }
    return draw('button', props, `${label} `, draw('span', null, String(n)))
  })
  return draw('div', { key: 'filters', class: 'filters', role: 'group', 'aria-label': t('app.list.show') }, ...buttons)
}

function drawGroups<N>(draw: Draw<N>, shown: readonly Entry[], model: Accounts, hands: Hands): N {
  const titles: Record<Kind, string> = {
    personal: t('app.list.personal'),
    work: t('app.list.work'),
    other: t('app.list.other'),
  }
  const groups = kinds.flatMap((kind) => {
    const entries = shown.filter((entry) => entry.kind === kind)
    if (entries.length === 0) return []
    const rows = entries.map((entry) => drawRow(draw, entry, model, hands))
    return [
      draw('h2', { key: kind, class: 'group-title' }, titles[kind], draw('span', { class: 'tiny' }, String(entries.length))),
      draw('ul', { key: `${kind}s`, class: 'accounts' }, ...rows),
    ]
  })
  return draw('div', { key: 'groups', class: 'stack groups' }, ...groups)
}

function drawRow<N>(draw: Draw<N>, entry: Entry, model: Accounts, hands: Hands): N {
  const face = model.dial.faces.get(entry.id)
  const state = face?.beat.ending ? ' ending' : face || entry.type === 'hotp' ? '' : ' hurt'
  return draw(
    'li',
    { key: entry.id, class: `account${state}` },
    drawMark(draw, entry),
    draw(
      'a',
      { class: 'open', href: `#account/${entry.id}` },
      draw('strong', { class: 'clip' }, titleOf(entry)),
      draw('span', { class: 'clip' }, entry.issuer ? entry.name : ''),
    ),
    ...(face ? drawFace(draw, entry, face, model) : drawWithoutClock(draw, entry, hands)),
  )
}

function drawFace<N>(draw: Draw<N>, entry: Entry, face: Face, { vault }: Accounts): N[] {
  const next = face.beat.ending && vault.settings.nextEarly ? face.next : undefined
  return [
    draw(
      'button',
      { class: 'copy', type: 'button', 'data-copy': entry.id },
      draw('span', { class: 'vh' }, t('app.list.copy', { name: titleOf(entry) })),
      drawCode(draw, face.code),
    ),
    draw('span', { class: 'side' }, next === undefined ? null : drawNext(draw, next), drawRing(draw, face)),
  ]
}

/** The countdown; its fill follows the beat's CSS property. */
export function drawRing<N>(draw: Draw<N>, { beat }: Face): N {
  const circle = { cx: 18, cy: 18, r: 15.915 }
  return draw(
    'svg',
    { class: 'ring', viewBox: '0 0 36 36', 'aria-hidden': 'true', style: { '--left': `var(--left-${beat.id})` } },
    draw('circle', circle),
    draw('circle', { class: 'left', ...circle }),
  )
}

function drawNext<N>(draw: Draw<N>, code: string): N {
  return draw(
    'span',
    { class: 'next-wrap' },
    draw('span', null, t('app.list.next')),
    drawCode(draw, code, 'next'),
  )
}

/** An account by counter waits to be asked; one whose server takes no codes says so. */
function drawWithoutClock<N>(draw: Draw<N>, entry: Entry, { nextCode }: Hands): N[] {
  if (entry.type !== 'hotp') return [drawTodo(draw, entry)]
  const code = counted.get(entry.id)
  const onClick = nextCode && (() => nextCode(entry.id))
  const label = draw('span', { class: 'vh' }, t('app.list.count', { name: titleOf(entry) }))
  if (code === undefined) {
    const look = draw('span', { class: 'ask', 'aria-hidden': 'true' }, drawIcon(draw, 'i-refresh', 'i i-s'), t('app.list.count.short'))
    return [draw('button', { class: 'copy', type: 'button', onClick }, label, look)]
  }
  return [
    draw(
      'button',
      { class: 'copy', type: 'button', 'data-copy': entry.id },
      draw('span', { class: 'vh' }, t('app.list.copy', { name: titleOf(entry) })),
      drawCode(draw, code),
    ),
    draw('span', { class: 'side' }, draw('button', { class: 'icon-btn', type: 'button', onClick }, drawIcon(draw, 'i-refresh', 'i i-s'), label)),
  ]
}

function drawTodo<N>(draw: Draw<N>, entry: Entry): N {
  const words = entry.server?.state === 'removed' ? t('app.list.removed') : t('app.list.pending')
  return draw(
    'a',
    { class: 'todo', href: `#account/${entry.id}` },
    drawIcon(draw, 'i-warn', 'i i-s'),
    words,
    drawIcon(draw, 'i-chevron', 'i i-s'),
  )
}

function drawNothing<N>(draw: Draw<N>, query: string, { clear }: Hands): N {
  return draw(
    'div',
    { key: 'nothing', class: 'card stack' },
    draw('p', { role: 'status' }, query ? t('app.list.nothing', { query }) : t('app.list.nothing.kind')),
    draw('button', { class: 'btn sm self-start', type: 'button', onClick: clear }, t('app.list.clear')),
  )
}

/** The bar at the top of the list, with the countdown for those who do not see rings. */
export function drawTop<N>(draw: Draw<N>, dial: Dial): N {
  const beat = mainBeat(dial)
  return draw(
    'header',
    { class: 'topbar' },
    draw('a', { class: 'brand', href: '#' }, draw('svg', { class: 'logo', viewBox: '0 0 32 32', 'aria-hidden': 'true' }, draw('use', { href: '#logo' })), 'Countersign'),
    draw('span', { class: 'grow' }),
    draw('span', { class: 'vh', role: 'timer' }, beat ? t('app.list.left', { n: beat.left }) : ''),
  )
}
