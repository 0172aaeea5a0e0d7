/** The screen everything begins with: all accounts and their codes. */
import { signal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { plugs } from '../plugs'
import { draw } from '../shell/h'
import { drawDock, drawSkip } from '../shell/dock'
import { Frame, useTitle } from '../shell/frame'
import { Icon } from '../shell/icon'
import { guard } from '../shell/trouble'
import { clocks } from '../store/clock'
import { damaged, vault } from '../store/store'
import { t } from '../words/words'
import { when } from '../words/when'
import { drawAccounts, drawTop, type Filter } from './accounts'
import { notesFor } from './notes'
import { countedTimes, dial, nextCode, ticking } from './state'

const query = signal('')
const filter = signal<Filter>('all')

export function AccountsScreen() {
  useTitle(t('app.list.title'))
  const online = useOnline()
  void countedTimes.value
  if (vault.value.entries.length === 0) return <NoAccounts />
  const model = {
    vault: vault.value,
    dial: dial.value,
    query: query.value,
    filter: filter.value,
    notes: notesFor(vault.value, online, [...clocks.value.values()]),
  }
  const hands = {
    search: (event: Event) => {
      query.value = (event.currentTarget as HTMLInputElement).value
    },
    choose: (chosen: Filter) => {
      filter.value = chosen
    },
    clear: () => {
      query.value = ''
      filter.value = 'all'
    },
    nextCode: (id: string) => void guard(() => nextCode(id)),
  }
  return (
    <div class="app">
      {drawSkip(draw)}
      <Top />
      {drawAccounts(draw, model, hands, <Above />)}
      {drawDock(draw, 'accounts')}
    </div>
  )
}

/** The only part of the list that changes every second. */
function Top() {
  return drawTop(draw, ticking.value)
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
