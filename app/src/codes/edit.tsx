/** Changing what an account is called, how it looks in the list, its note and its tags. */
import { useSignal, type Signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { draw } from '../shell/h'
import { Dialog } from '../shell/sheets'
import { vault } from '../store/store'
import type { Entry } from '../store/vault'
import { t } from '../words/words'
import { tagsOf } from './accounts'
import { deed, warmUp } from './deeds'
import { editOf, fieldsOf, tagsIn, type Fields } from './edits'
import { drawMark, iconOf, lettersOf, tintOf, tints, titleOf } from './mark'

type Form = { entry: Entry; fields: Signal<Fields> }

export function EditSheet({ entry, close }: { entry: Entry; close: () => void }) {
  useEffect(warmUp, [])
  const form: Form = { entry, fields: useSignal(fieldsOf(entry)) }
  const empty = useSignal(false)
  const busy = useSignal(false)
  const submit = async (event: Event) => {
    event.preventDefault()
    const edit = editOf(entry, form.fields.value)
    empty.value = !titleOf({ ...entry, ...edit })
    if (empty.value || busy.value) return
    if (Object.keys(edit).length === 1) return close() // nothing but the id
    busy.value = true
    const done = await deed('edit', edit, t('app.account.edited', { name: titleOf({ ...entry, ...edit }) }))
    busy.value = false
    if (done) close()
  }
  return (
    <Dialog title={t('app.account.edit')} close={close}>
      <form class="stack" onSubmit={(event) => void submit(event)} noValidate>
        {!entry.server && <Text form={form} name="issuer" label={t('app.manual.issuer')} most={100} mistake={empty.value ? t('app.manual.issuer.empty') : ''} first />}
        <Text form={form} name="name" label={t('app.manual.name')} most={200} mistake="" first={entry.server !== undefined} />
        <Tags form={form} />
        <Note form={form} />
        <Picture form={form} />
        <div class="btns">
          <button class="btn" type="button" onClick={close}>
            {t('app.cancel')}
          </button>
          <button class="btn primary" type="submit" aria-disabled={busy.value}>
            {t('app.save')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

function set(form: Form, changed: Partial<Fields>): void {
  form.fields.value = { ...form.fields.value, ...changed }
}

type TextProps = { form: Form; name: 'issuer' | 'name'; label: string; most: number; mistake: string; first: boolean }

function Text({ form, name, label, most, mistake, first }: TextProps) {
  return (
    <div class="field">
      <label for={`edit-${name}`}>{label}</label>
      <input
        id={`edit-${name}`}
        value={form.fields.value[name]}
        onInput={(event) => set(form, { [name]: event.currentTarget.value })}
        maxLength={most}
        autocomplete="off"
        autocapitalize={name === 'issuer' ? 'words' : 'none'}
        autofocus={first}
        aria-invalid={mistake !== ''}
        aria-describedby={`edit-${name}-error`}
      />
      <p class="error" id={`edit-${name}-error`} role="alert">
        {mistake}
      </p>
    </div>
  )
}

/** A field, and the tags that other accounts have to choose from. */
function Tags({ form }: { form: Form }) {
  const now = tagsIn(form.fields.value.tags)
  const all = tagsOf(vault.value.entries)
  const turn = (tag: string) => set(form, { tags: (now.includes(tag) ? now.filter((other) => other !== tag) : [...now, tag]).join(', ') })
  return (
    <div class="field">
      <label for="edit-tags">{t('app.account.tags')}</label>
      <input
        id="edit-tags"
        value={form.fields.value.tags}
        onInput={(event) => set(form, { tags: event.currentTarget.value })}
        maxLength={300}
        autocomplete="off"
        aria-describedby="edit-tags-hint"
      />
      <p class="hint" id="edit-tags-hint">
        {t('app.account.tags.hint')}
      </p>
      {all.length > 0 && (
        <div class="filters flush" role="group" aria-label={t('app.account.tags.known')}>
          {all.map((tag) => (
            <button type="button" key={tag} aria-pressed={now.includes(tag)} onClick={() => turn(tag)}>
              {tag}
            </button>
          ))}
        </div>
      )}
    </div>
  )
}

function Note({ form }: { form: Form }) {
  return (
    <div class="field">
      <label for="edit-note">{t('app.account.note.label')}</label>
      <textarea
        id="edit-note"
        rows={3}
        maxLength={1000}
        value={form.fields.value.note}
        onInput={(event) => set(form, { note: event.currentTarget.value })}
        aria-describedby="edit-note-hint"
      />
      <p class="hint" id="edit-note-hint">
        {t('app.account.note.hint')}
      </p>
    </div>
  )
}

/** Letters and a tint: drawn here, so no site is asked for a picture. */
function Picture({ form }: { form: Form }) {
  const { issuer, name, letters, tint } = form.fields.value
  const shown = { ...form.entry, issuer, name, icon: iconOf({ tint, letters: letters.trim() }) }
  return (
    <fieldset class="field">
      <legend class="label">{t('app.account.picture')}</legend>
      <div class="row">
        {drawMark(draw, shown, 'lg')}
        <div class="field grow">
          <label for="edit-letters">{t('app.account.letters')}</label>
          <input
            id="edit-letters"
            value={letters}
            placeholder={lettersOf({ issuer, name })}
            onInput={(event) => set(form, { letters: [...event.currentTarget.value].slice(0, 2).join('') })}
            autocomplete="off"
            spellcheck={false}
          />
        </div>
      </div>
      <div class="row wrap tints" role="group" aria-label={t('app.account.tint')}>
        {tints.map((each) => (
          <button
            type="button"
            key={each}
            class={`mark sm ${each}`}
            aria-pressed={tintOf(shown) === each}
            onClick={() => set(form, { tint: tint === each ? '' : each })}
          >
            <span class="vh">{tintName(each)}</span>
          </button>
        ))}
      </div>
    </fieldset>
  )
}

function tintName(tint: (typeof tints)[number]): string {
  switch (tint) {
    case 'moss':
      return t('app.tint.moss')
    case 'sea':
      return t('app.tint.sea')
    case 'clay':
      return t('app.tint.clay')
    case 'indigo':
      return t('app.tint.indigo')
    case 'plum':
      return t('app.tint.plum')
    case 'straw':
      return t('app.tint.straw')
  }
}
