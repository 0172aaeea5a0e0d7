/** What can be done with an account, behind "…". */
import { useEffect } from 'preact/hooks'
import { plugs } from '../plugs'
import { Icon } from '../shell/icon'
import { nextSheet } from '../shell/router'
import { confirm, Dialog } from '../shell/sheets'
import { toast } from '../shell/toast'
import { guard } from '../shell/trouble'
import { keys } from '../store/keys'
import { store, vault } from '../store/store'
import { removeEntry, type Entry } from '../store/vault'
import { t } from '../words/words'
import { counted } from './counted'
import { deed, warmUp } from './deeds'
import { EditSheet } from './edit'
import { HistorySheet } from './history'
import { titleOf } from './mark'
import { neighbours } from './moving'
import { openCodeOf } from './qr'

type Sheet = { entry: Entry; close: () => void }

/** The sheet behind "…" on the screen of an account. */
export function MoreSheet({ entry, close }: Sheet) {
  useEffect(warmUp, [])
  const name = titleOf(entry)
  const then = (work: () => Promise<unknown>) => () => {
    close()
    void work()
  }
  const { up, down } = neighbours(vault.value, entry.id)
  const pin = () => deed('pin', { ids: [entry.id], pinned: !entry.pinned }, entry.pinned ? t('app.account.unpinned', { name }) : t('app.account.pinned', { name }))
  const move = (above: string) => deed('move', { id: entry.id, above }, t('app.account.moved', { name }))
  return (
    <Dialog title={name} close={close}>
      <div class="group">
        <Action icon="i-edit" text={t('app.account.edit')} act={() => nextSheet({ draw: (shut) => <EditSheet entry={entry} close={shut} /> })} />
        <Action icon="i-pin" text={entry.pinned ? t('app.account.unpin') : t('app.account.pin')} act={then(pin)} />
        {up !== undefined && <Action icon="i-up" text={t('app.account.up')} act={then(() => move(up))} />}
        {down !== undefined && <Action icon="i-down" text={t('app.account.down')} act={then(() => move(down))} />}
        {entry.kind === 'other' && <Action icon="i-qr" text={t('app.account.qr')} act={() => openCodeOf(entry)} />}
        <Action icon="i-clock" text={t('app.account.history')} act={() => nextSheet({ draw: (shut) => <HistorySheet entry={entry} close={shut} /> })} />
        <Action icon="i-trash" text={t('app.account.remove')} danger act={() => void remove(entry)} />
      </div>
      <p class="tiny">{t('app.account.drag')}</p>
    </Dialog>
  )
}

function Action({ icon, text, danger, act }: { icon: string; text: string; danger?: boolean; act: () => void }) {
  return (
    <button class={danger ? 'line danger-text' : 'line'} type="button" onClick={act}>
      <Icon name={icon} />
      <span class="what">
        <strong>{text}</strong>
      </span>
    </button>
  )
}

/** Asks, removes, and – for an account of this phone alone – offers it back. */
async function remove(entry: Entry): Promise<void> {
  const name = titleOf(entry)
  const text = (await warning(entry)) ?? (entry.server ? t('app.remove.paired', { name }) : t('app.remove.other', { name }))
  if (!(await confirm({ title: t('app.remove.title', { name }), text, yes: t('app.remove.yes'), danger: true }))) return
  const said = t('app.removed', { name })
  if (entry.server) await leave(entry, said)
  else if (await deed('remove', { ids: [entry.id] }, said)) counted.delete(entry.id)
}

/** What removing an account would do that its person may not expect. */
async function warning(entry: Entry): Promise<string | undefined> {
  const all = await Promise.all(plugs.map((plug) => plug.beforeLeaving?.(entry)))
  return all.find((text) => text !== undefined)
}

/** Tells the server; the account and its key go, whether or not the server was
 *  reached. There is no way back but pairing, so nothing of it needs the core. */
async function leave(entry: Entry, said: string): Promise<void> {
  await Promise.allSettled(plugs.map((plug) => plug.leave?.(entry)))
  if (entry.server) await keys.delete(entry.server.registration)
  if (await guard(() => store.change((before) => removeEntry(before, entry.id)))) toast(said)
}
