/** What was removed in the last thirty days: back with a tap, or gone for ever. */
import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Trashed } from '../core/ops'
import { loadCore } from '../core/plug'
import { Frame } from '../shell/frame'
import { draw } from '../shell/h'
import { Icon } from '../shell/icon'
import { confirm } from '../shell/sheets'
import { vault } from '../store/store'
import { when } from '../words/when'
import { t } from '../words/words'
import { deed, last, wordsOf } from './deeds'
import { drawMark, titleOf } from './mark'

const found = signal<readonly Trashed[] | undefined>(undefined)
const trouble = signal('')

export function TrashScreen() {
  const now = vault.value // what another tab did is seen here too
  useEffect(() => void look(), [now])
  return (
    <Frame title={t('app.trash.title')} from="menu">
      <p class="small">{t('app.trash.lead')}</p>
      {trouble.value && (
        <p class="note caution" role="alert">
          <Icon name="i-warn" look="i-s" />
          <span>{trouble.value}</span>
        </p>
      )}
      <Found all={found.value} />
    </Frame>
  )
}

async function look(): Promise<void> {
  try {
    found.value = (await (await loadCore()).ask('trash', {})).result
    trouble.value = ''
  } catch (thrown) {
    trouble.value = wordsOf(thrown)
  }
}

function Found({ all }: { all: readonly Trashed[] | undefined }) {
  if (!all) return <p class="vh" role="status">{trouble.value ? '' : t('app.trash.looking')}</p>
  if (all.length === 0) {
    return (
      <p class="card center" role="status">
        {t('app.trash.empty')}
      </p>
    )
  }
  return (
    <>
      <ul class="group trash">
        {all.map((one) => (
          <Thrown key={one.account.id} one={one} />
        ))}
      </ul>
      <button class="btn danger self-start" type="button" onClick={() => void purge(all)}>
        <Icon name="i-trash" look="i-s" />
        {t('app.trash.all')}
      </button>
    </>
  )
}

function Thrown({ one }: { one: Trashed }) {
  const { account, removed, until } = one
  const name = titleOf(account)
  const days = Math.max(1, Math.ceil((until - Date.now()) / 86_400_000))
  return (
    <li class="line">
      {drawMark(draw, account, 'sm')}
      <span class="what">
        <strong>{name}</strong>
        {account.issuer && account.name && <span>{account.name}</span>}
        <span>{t('app.trash.until', { when: when(new Date(removed)), n: days })}</span>
        <span class="row wrap acts">
          <button class="btn sm" type="button" onClick={() => void deed('restore', { ids: [account.id] }, t('app.trash.restored', { name }))}>
            <Icon name="i-restore" look="i-s" />
            {t('app.trash.restore')}
            <span class="vh">{name}</span>
          </button>
          <button class="btn sm quiet danger-text" type="button" onClick={() => void purge([one])}>
            {t('app.trash.purge')}
            <span class="vh">{name}</span>
          </button>
        </span>
      </span>
    </li>
  )
}

async function purge(all: readonly Trashed[]): Promise<void> {
  const [first] = all
  if (!first) return
  const title = all.length === 1 ? t('app.trash.purge.title', { name: titleOf(first.account) }) : t('app.trash.all.title', { n: all.length })
  if (!(await confirm({ title, text: t('app.trash.purge.text'), yes: t('app.trash.purge'), danger: true }))) return
  await last('purge', { ids: all.map(({ account }) => account.id) }, t('app.trash.purged', { n: all.length }))
}
