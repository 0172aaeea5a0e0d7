/** Neither passkey nor PIN: there is no way round the lock, and this says so. What
 *  is left is to begin anew, asked for by a typed word. */
import { useSignal } from '@preact/signals'
import { eraseStore } from '../store/erase'
import { t } from '../words/words'
import { Cover } from './cover'

export function Forgot({ back }: { back: () => void }) {
  const typed = useSignal('')
  const wrong = useSignal(false)
  const busy = useSignal(false)
  const word = t('app.erase.word')
  const submit = async (event: Event) => {
    event.preventDefault()
    wrong.value = typed.value.trim().toLocaleLowerCase() !== word
    if (wrong.value || busy.value) return
    busy.value = true
    await eraseStore()
    location.replace('/')
  }
  return (
    <Cover>
      <div class="card stack">
        <h2>{t('lock.forgot')}</h2>
        <p>{t('lock.forgot.none')}</p>
        <p>{t('lock.forgot.paired')}</p>
        <p>{t('lock.forgot.others')}</p>
      </div>
      <form class="card stack" onSubmit={(event) => void submit(event)} noValidate>
        <div class="field">
          <label for="forgot-word">{t('app.erase.type', { word })}</label>
          <input
            id="forgot-word"
            value={typed.value}
            onInput={(event) => (typed.value = event.currentTarget.value)}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            aria-invalid={wrong.value}
            aria-describedby="forgot-error"
          />
          <p class="error" id="forgot-error" role="alert">
            {wrong.value ? t('app.erase.wrong', { word }) : ''}
          </p>
        </div>
        <div class="btns">
          <button class="btn" type="button" onClick={back}>
            {t('app.back')}
          </button>
          <button class="btn danger solid" type="submit" aria-disabled={busy.value}>
            {busy.value ? t('app.erase.busy') : t('app.erase.yes')}
          </button>
        </div>
      </form>
    </Cover>
  )
}
