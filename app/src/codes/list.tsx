/** The screen everything begins with: all accounts and their codes. On a wide
 *  window the account that is open stands beside them. */
import { computed, useSignal } from '@preact/signals'
import { Component, type ComponentChildren, type VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { plugs } from '../plugs'
import { draw } from '../shell/h'
import { attention } from '../shell/attention'
import { drawDock, drawSkip } from '../shell/dock'
import { Frame, useTitle } from '../shell/frame'
import { Icon } from '../shell/icon'
import { guard } from '../shell/trouble'
import { clocks } from '../store/clock'
import { damaged, vault } from '../store/store'
import type { Entry } from '../store/vault'
import { t } from '../words/words'
import { when } from '../words/when'
import { drawAccounts, drawGroups, drawRow, drawTop, lookOf, type Group, type RowDrawer } from './accounts'
import { currentDial } from './clockwork'
import { mainBeat } from './dial'
import { startDragging } from './drag'
import { choose, clear, filter, found, groups, isScrolling, reach, resize, rows, scroll, type, typed } from './inview'
import { startKeys } from './keys'
import { notesFor } from './notes'
import { countedTimes, dial, logoTimes, nextCode, reveal, revealedTimes, ticking } from './state'

const hands = {
  search: (event: Event) => type((event.currentTarget as HTMLInputElement).value),
  choose,
  clear,
  nextCode: (id: string) => void guard(() => nextCode(id)),
  reveal,
}

type Beside = { id: string; pane: ComponentChildren }

export function AccountsScreen({ beside }: { beside?: Beside }) {
  useTitle(t('app.list.title'))
  const online = useOnline()
  if (vault.value.entries.length === 0) return <NoAccounts />
  const model = {
    vault: vault.value,
    query: typed.value,
    found: found.value,
    filter: filter.value,
    notes: notesFor(vault.value, online, [...clocks.value.values()]),
  }
  return (
    <div class={beside ? 'app panes' : 'app'}>
      {drawSkip(draw)}
      <Top />
      {drawAccounts(draw, model, (shown) => <Groups key="groups" shown={shown} open={beside?.id} />, hands, <Above />)}
      {beside?.pane}
      {drawDock(draw, 'accounts', attention())}
      <InView />
    </div>
  )
}

/** What comes into sight, and codes that change, draw the rows anew and nothing around them. */
function Groups({ shown, open }: { shown: readonly Group[]; open: string | undefined }) {
  void countedTimes.value
  void revealedTimes.value
  void logoTimes.value
  void dial.value // which knows no codes that were made ahead since
  return drawGroups(draw, shown, { vault: vault.value, dial: currentDial() ?? dial.value, rows: rows(), scrolling: isScrolling(), ...(open && { open }) }, hands, keptRow)
}

const keptRow: RowDrawer<VNode> = (_, entry, model, touch, place) => (
  <Row key={entry.id} entry={entry} look={lookOf(entry, model, place)} row={() => drawRow(draw, entry, model, touch, place)} />
)

type Drawn = { entry: Entry; look: string; row: () => VNode }

/** A row that looks as before is left alone: scrolling draws only what comes. */
class Row extends Component<Drawn> {
  override shouldComponentUpdate({ entry, look }: Drawn): boolean {
    return entry !== this.props.entry || look !== this.props.look
  }

  override render({ row }: Drawn): VNode {
    return row()
  }
}

/** Draws the rows that come into sight, and lets them be moved. */
function InView() {
  void groups.value
  useEffect(reach)
  useEffect(startDragging, [])
  useEffect(startKeys, [])
  useEffect(() => {
    addEventListener('scroll', scroll, { passive: true })
    addEventListener('resize', resize)
    return () => {
      removeEventListener('scroll', scroll)
      removeEventListener('resize', resize)
    }
  }, [])
  return null
}

const secondsLeft = computed(() => mainBeat(ticking.value)?.left)

/** The only part of the list that changes every second. */
function Top() {
  return drawTop(draw, secondsLeft.value, <Bar />)
}

function Bar() {
  return <>{plugs.map((plug, i) => plug.bar && <plug.bar key={i} />)}</>
}

/** What stands over the list: what the app's parts have to say, and damage. */
function Above() {
  const since = damaged()
  return (
    <>
      {plugs.map((plug, i) => plug.notices && <plug.notices key={i} />)}
      {since && (
        <p class="note caution" role="status">
          <Icon name="i-warn" look="i-s" />
          <span>
            <strong>{t('app.damaged.title')}</strong>
            {t('app.damaged.text', { when: when(since) })}
          </span>
        </p>
      )}
    </>
  )
}

/** A phone that had accounts and has none now. */
function NoAccounts() {
  return (
    <Frame title={t('app.list.title')} dock="accounts">
      <Above />
      <div class="card stack center empty">
        <svg class="seal seal-joined" viewBox="0 0 96 96" aria-hidden="true">
          <use href="#seal-ghost" />
        </svg>
        <h2 class="title">{t('app.empty.title')}</h2>
        <p class="small">{t('app.empty.text')}</p>
        <a class="btn primary" href="#add">
          <Icon name="i-scan" look="i-s" />
          {t('app.add')}
        </a>
      </div>
    </Frame>
  )
}

function useOnline(): boolean {
  const online = useSignal(navigator.onLine)
  useEffect(() => {
    const settle = () => {
      online.value = navigator.onLine
    }
    addEventListener('online', settle)
    addEventListener('offline', settle)
    settle()
    return () => {
      removeEventListener('online', settle)
      removeEventListener('offline', settle)
    }
  }, [online])
  return online.value
}
