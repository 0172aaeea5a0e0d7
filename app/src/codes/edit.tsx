/** What can be changed about an account: its names, its note, its place in the
 *  list, and that it is there at all. */
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { plugs } from '../plugs'
import { Icon } from '../shell/icon'
import { nextSheet } from '../shell/router'
import { confirm, Dialog } from '../shell/sheets'
import { toast } from '../shell/toast'
import { guard } from '../shell/trouble'
import { keys } from '../store/keys'
import { store } from '../store/store'
import { removeEntry, withEntry, type Entry } from '../store/vault'
import { t } from '../words/words'
import { counted } from './counted'
import { titleOf } from './mark'

type Sheet = { entry: Entry; close: () => void }

/** The sheet behind "…" on the screen of an account. */
export function MoreSheet({ entry, close }: Sheet) {
  const rename = () => nextSheet({ draw: (shut) => <RenameSheet entry={entry} close={shut} /> })
  const pin = async () => {
    close()
    await change(entry.id, { pinned: !entry.pinned })
  }
  return (
    <Dialog title={titleOf(entry)} close={close}>
      <div class="group">
        <Action icon="i-edit" text={t('app.account.rename')} act={rename} />
        <Action icon="i-pin" text={entry.pinned ? t('app.account.unpin') : t('app.account.pin')} act={() => void pin()} />
        <Action icon="i-trash" text={t('app.account.remove')} danger act={() => void remove(entry)} />
      </div>
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

/** A personal or work account keeps its issuer: that is whose name it is. */
function RenameSheet({ entry, close }: Sheet) {
  const empty = useSignal(false)
  const save = (form: FormData): boolean => {
    const issuer = entry.server ? entry.issuer : field(form, 'issuer')
    const name = field(form, 'name')
    empty.value = !issuer && !name
    if (!empty.value) void closeWhenDone(change(entry.id, { issuer, name }), close)
    return !empty.value
  }
  return (
    <Dialog title={t('app.account.rename')} close={close}>
      <EditForm close={close} save={save}>
        {!entry.server && (
          <div class="field">
            <label for="rename-issuer">{t('app.manual.issuer')}</label>
            <input
              id="rename-issuer"
              name="issuer"
              defaultValue={entry.issuer}
              maxLength={100}
              autocomplete="off"
              autofocus
              aria-invalid={empty.value}
              aria-describedby="rename-error"
            />
            <p class="error" id="rename-error" role="alert">
              {empty.value ? t('app.manual.issuer.empty') : ''}
            </p>
          </div>
        )}
        <div class="field">
          <label for="rename-name">{t('app.manual.name')}</label>
          <input id="rename-name" name="name" defaultValue={entry.name} maxLength={200} autocomplete="off" autocapitalize="none" />
        </div>
      </EditForm>
    </Dialog>
  )
}

export function NoteSheet({ entry, close }: Sheet) {
  const save = (form: FormData) => void closeWhenDone(change(entry.id, { note: field(form, 'note') }), close)
  return (
    <Dialog title={t('app.account.note')} close={close}>
      <EditForm close={close} save={save}>
        <div class="field">
          <label for="note">{t('app.account.note.label')}</label>
          <textarea id="note" name="note" rows={4} maxLength={1000} aria-describedby="note-hint" autofocus defaultValue={entry.note} />
          <p class="hint" id="note-hint">
            {t('app.account.note.hint')}
          </p>
        </div>
      </EditForm>
    </Dialog>
  )
}

function EditForm({ close, save, children }: { close: () => void; save: (form: FormData) => void; children: ComponentChildren }) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    save(new FormData(event.currentTarget as HTMLFormElement))
  }
  return (
    <form class="stack" onSubmit={submit} novalidate>
      {children}
      <div class="btns">
        <button class="btn" type="button" onClick={close}>
          {t('app.cancel')}
        </button>
        <button class="btn primary" type="submit">
          {t('app.save')}
        </button>
      </div>
    </form>
  )
}

function field(form: FormData, name: string): string {
  return String(form.get(name) ?? '').trim()
}

async function closeWhenDone(done: Promise<boolean>, close: () => void): Promise<void> {
  if (await done) close()
}

/** True if the change is on the disk; if not, the person has been told. */
function change(id: string, changed: Partial<Entry>): Promise<boolean> {
  return guard(() => store.change((before) => withEntry(before, id, (same) => ({ ...same, ...changed }))))
}

/** Asks, removes, and – for an account of this phone alone – offers it back. */
async function remove(entry: Entry): Promise<void> {
  const name = titleOf(entry)
  const text = (await warning(entry)) ?? (entry.server ? t('app.remove.paired', { name }) : t('app.remove.other', { name }))
  if (!(await confirm({ title: t('app.remove.title', { name }), text, yes: t('app.remove.yes'), danger: true }))) return
  if (entry.server) await leave(entry)
  if (!(await guard(() => store.change((before) => removeEntry(before, entry.id))))) return
  counted.delete(entry.id)
  const removed = t('app.removed', { name })
  if (entry.server) toast(removed)
  else toast(removed, { label: t('app.undo'), act: () => void guard(() => bringBack(entry)) })
}

/** What removing an account would do that its person may not expect. */
async function warning(entry: Entry): Promise<string | undefined> {
  const all = await Promise.all(plugs.map((plug) => plug.beforeLeaving?.(entry)))
  return all.find((text) => text !== undefined)
}

/** Tells the server; its key goes with the account, whether or not the server was reached. */
async function leave(entry: Entry): Promise<void> {
  await Promise.allSettled(plugs.map((plug) => plug.leave?.(entry)))
  if (entry.server) await keys.delete(entry.server.registration)
}

/** Puts a removed account back where it was. */
async function bringBack(entry: Entry): Promise<void> {
  await store.change((before) => {
    const there = before.entries.some((other) => other.id === entry.id)
    return there ? before : { ...before, entries: [...before.entries, entry] }
  })
}
