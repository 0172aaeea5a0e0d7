/** Recovery in the app: from the first launch or the menu, its screens, and what
 *  the accounts that came back by name need. */
// oxlint-disable-next-line import/no-unassigned-import -- the style sheet of this part
import './recover.css'
import { useEffect } from 'preact/hooks'
import { titleOf } from '../codes/mark'
import { Icon } from '../shell/icon'
import type { Plug } from '../shell/plug'
import type { Route } from '../shell/router'
import { vault } from '../store/store'
import { t } from '../words/words'
import { when } from '../words/when'
import { Begin } from './begin'
import { FromDevice } from './device'
import { standing } from './fate'
import { KeyForm, KeyScan } from './key'
import { List } from './list'
import { Lost } from './lost'
import { goOn } from './opening'
import { broughtBackUntil, end, follow, nothing, recovery, type Nothing } from './recovery'
import { Restore } from './restore'
import { followTickets, forget, tickets } from './ticket'
import { NoWay, Unlock } from './unlock'

export const recovering: Plug = {
  routes: { recover: (to) => <Recover route={to} /> },
  welcome: () => (
    <a class="choice" href="#recover">
      <span class="mark plain">
        <Icon name="i-restore" />
      </span>
      <strong>{t('recover.begin')}</strong>
      <span>{t('recover.welcome')}</span>
      <Icon name="i-chevron" />
    </a>
  ),
  menu: () => (
    <a class="line" href="#recover">
      <Icon name="i-restore" />
      <span class="what">
        <strong>{recovery.value ? t('recover.menu.on') : t('recover.begin')}</strong>
      </span>
      <Icon name="i-chevron" />
    </a>
  ),
  notices: () => <Unfinished />,
  account: (entry) => entry.server?.state === 'elsewhere' && <Restore entry={{ ...entry, server: entry.server }} />,
  beforeLeaving: async (entry) => (entry.server?.state === 'elsewhere' ? t('recover.remove', { name: titleOf(entry) }) : undefined),
  leave: ({ id }) => forget(id),
  erase: async () => {
    await end()
    for (const { entry } of tickets.peek()) await forget(entry)
  },
  background: () => void start().catch(() => undefined), // no storage: the app's first screen says so
}

async function start(): Promise<void> {
  await follow()
  await followTickets()
}

function Recover({ route: { path } }: { route: Route }) {
  const now = recovery.value
  const second = path[1]
  useEffect(() => {
    if (now?.at !== 'list') void goOn()
  }, [now?.binding])
  if (now?.at === 'list') return second === 'lost' ? <Lost of={now} /> : <List of={now} />
  if (now?.at !== 'unlock') return <Begin />
  switch (second) {
    case 'key':
      return <KeyForm />
    case 'device':
      return <FromDevice />
    case 'scan':
      return <KeyScan />
    case 'none':
      return <NoWay />
  }
  return <Unlock of={now} />
}

/** A recovery that was left, above the list of accounts. */
function Unfinished() {
  const now = recovery.value
  if (!now) return nothing.value && <Deleted missing={nothing.value} />
  const left = now.at === 'list' ? standing(now.accounts, vault.value, tickets.value).needs.length : 0
  const words = now.at === 'unlock' ? t('recover.notice.closed') : left > 0 ? t('recover.notice.left', { n: left }) : t('recover.notice.done')
  return <Notice>{words}</Notice>
}

/** A deleted backup was found, and nobody has brought it back yet. */
function Deleted({ missing }: { missing: Nothing }) {
  const until = broughtBackUntil(missing)
  return until === undefined ? null : <Notice>{t('recover.notice.deleted', { when: when(new Date(until)) })}</Notice>
}

function Notice({ children }: { children: string }) {
  return (
    <p class="note">
      <Icon name="i-restore" look="i-s" />
      <span>
        <strong>{children}</strong>
        <a href="#recover">{t('recover.notice.go')}</a>
      </span>
    </p>
  )
}
