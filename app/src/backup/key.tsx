/** A new recovery key: shown once, printed, and confirmed from the paper before
 *  anything depends on it. It lives on this screen and nowhere else. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Picture } from '../core/ops'
import { loadCore } from '../core/plug'
import { StepTitle } from '../files/parts'
import { QR } from '../files/qr'
import { save } from '../files/save'
import { hostOf } from '../pair/link'
import { utf8 } from '../remote/bytes'
import { Icon } from '../shell/icon'
import { language, t } from '../words/words'
import { busy, lookUp } from './act'
import { sameGroup } from './group'
import type { Home } from './kept'
import { TroubleNote } from './parts'

/** Which of the groups has to be typed. */
const asked = 2

type Shown = { key: string; picture: Picture | undefined }

/** Shows a new key of the backup at `home`; `use` is called once it was confirmed. */
export function NewKey({ home, use }: { home: Home; use: (key: string) => void }) {
  const shown = useSignal<Shown | undefined>(undefined)
  const confirming = useSignal(false)
  useEffect(() => void lookUp(draw).then((made) => (shown.value = made)), [])
  if (!shown.value) {
    return (
      <div class="card stack">
        <p role="status">{busy.value ? t('backup.off.busy') : ''}</p>
        <TroubleNote />
      </div>
    )
  }
  const { key, picture } = shown.value
  if (confirming.value) return <Confirm wanted={key.split('-')[asked] ?? ''} use={() => use(key)} back={() => (confirming.value = false)} />
  return <Paper home={home} shown={{ key, picture }} next={() => (confirming.value = true)} />
}

async function draw(): Promise<Shown> {
  const core = await loadCore()
  const { key } = (await core.sealed('newKey', {})).result
  const { result } = await core.ask('picture', { text: key })
  return { key, picture: result ?? undefined }
}

type PaperProps = { home: Home; shown: Shown; next: () => void }

/** The key as it stands on paper: that is what is printed. */
function Paper({ home: { login, issuer }, shown: { key, picture }, next }: PaperProps) {
  const groups = key.split('-')
  const lines = [groups.slice(0, 4).join('-'), groups.slice(4).join('-')]
  const of = { login, host: hostOf(issuer) }
  const toFile = () => save(utf8(`${t('backup.key.paper.title')}\n${t('backup.key.paper.text', of)}\n\n${key}\n`), 'countersign-recovery-key.txt', 'text/plain')
  return (
    <section class="paper stack">
      <div class="stack unprinted">
        <StepTitle>{t('backup.key.new')}</StepTitle>
        <p>{t('backup.key.lead')}</p>
      </div>
      <div class="slip recovery-key">
        {picture && <QR picture={picture} label={t('backup.key.paper.qr')} />}
        <div class="stack">
          <h3>{t('backup.key.paper.title')}</h3>
          <p class="mono key" aria-label={t('backup.key.label')} role="group">
            {lines.map((line) => (
              <span key={line}>{line}</span>
            ))}
          </p>
          <p class="tiny">{t('backup.key.paper.text', of)}</p>
          <p class="tiny">{t('backup.key.paper.how')}</p>
          <p class="tiny">{t('backup.key.paper.made', { when: new Date().toLocaleDateString(language(), { dateStyle: 'long' }) })}</p>
        </div>
      </div>
      <div class="row wrap unprinted">
        <button class="btn" type="button" onClick={() => print()}>
          <Icon name="i-log" look="i-s" />
          {t('backup.key.print')}
        </button>
        <button class="btn" type="button" onClick={toFile}>
          <Icon name="i-download" look="i-s" />
          {t('backup.key.save')}
        </button>
      </div>
      <button class="btn primary wide tall unprinted" type="button" onClick={next}>
        {t('backup.key.next')}
      </button>
    </section>
  )
}

type ConfirmProps = { wanted: string; use: () => void; back: () => void }

function Confirm({ wanted, use, back }: ConfirmProps) {
  const typed = useSignal('')
  const wrong = useSignal(false)
  const submit = (event: Event) => {
    event.preventDefault()
    if (busy.value) return
    wrong.value = !sameGroup(typed.value, wanted)
    if (!wrong.value) use()
  }
  return (
    <form class="stack" onSubmit={submit} noValidate>
      <StepTitle>{t('backup.key.confirm')}</StepTitle>
      <p>{t('backup.key.confirm.lead')}</p>
      <div class="field">
        <label for="third-group">{t('backup.key.confirm.field')}</label>
        <input
          id="third-group"
          class="mono"
          value={typed.value}
          onInput={(event) => (typed.value = event.currentTarget.value)}
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          aria-invalid={wrong.value}
          aria-describedby="third-group-error"
        />
        <p class="error" id="third-group-error" role="alert">
          {wrong.value ? t('backup.key.confirm.wrong') : ''}
        </p>
      </div>
      <TroubleNote />
      <button class="btn primary wide tall" type="submit" aria-disabled={busy.value}>
        {busy.value ? t('backup.off.busy') : t('backup.key.confirm.go')}
      </button>
      <button class="btn quiet" type="button" aria-disabled={busy.value} onClick={back}>
        {t('backup.key.confirm.back')}
      </button>
    </form>
  )
}
