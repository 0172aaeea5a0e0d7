/** Removing everything from this phone. Asked for by a typed word: a tap is too
 *  easy for something that cannot be taken back. */
import { useSignal } from '@preact/signals'
import { plugs } from '../plugs'
import { Frame } from '../shell/frame'
import { Icon } from '../shell/icon'
import { back } from '../shell/router'
import { eraseStore } from '../store/erase'
import { vault } from '../store/store'
import { t } from '../words/words'

export function EraseScreen() {
  const typed = useSignal('')
  const wrong = useSignal(false)
  const busy = useSignal(false)
  const word = t('app.erase.word')
  const submit = async (event: Event) => {
    event.preventDefault()
    wrong.value = typed.value.trim().toLocaleLowerCase() !== word
    if (wrong.value || busy.value) return
    busy.value = true
    await eraseEverything()
  }
  return (
    <Frame title={t('app.erase')} from="menu">
      <p class="note danger">
        <Icon name="i-warn" look="i-s" />
        <span>
          <strong>{t('app.erase.title', { n: vault.value.entries.length })}</strong>
          {t('app.erase.text')}
        </span>
      </p>
      <form class="stack" onSubmit={(event) => void submit(event)} noValidate>
        <div class="field">
          <label for="erase-word">{t('app.erase.type', { word })}</label>
          <input
            id="erase-word"
            value={typed.value}
            onInput={(event) => (typed.value = event.currentTarget.value)}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            aria-invalid={wrong.value}
            aria-describedby="erase-error"
          />
          <p class="error" id="erase-error" role="alert">
            {wrong.value ? t('app.erase.wrong', { word }) : ''}
          </p>
        </div>
        <div class="btns">
          <button class="btn" type="button" onClick={() => back('menu')}>
            {t('app.cancel')}
          </button>
          <button class="btn danger solid" type="submit" aria-disabled={busy.value}>
            {busy.value ? t('app.erase.busy') : t('app.erase.yes')}
          </button>
        </div>
      </form>
    </Frame>
  )
}

/** Tells the servers if they can be reached in three seconds, then removes all there is. */
async function eraseEverything(): Promise<void> {
  const told = Promise.allSettled(plugs.map((plug) => plug.erase?.()))
  await Promise.race([told, new Promise((resolve) => setTimeout(resolve, 3000))])
  await eraseStore()
  location.replace('/')
}
