/** Showing that one can open the lock, before it is changed. */
import { useSignal } from '@preact/signals'
import { Icon } from '../shell/icon'
import { openSheet } from '../shell/router'
import { Dialog } from '../shell/sheets'
import { t } from '../words/words'
import { readPin } from './keys'
import { learnLock, provePasskey, type State } from './lock'
import { PinField } from './newpin'
import { tryPin } from './tries'
import { troubleWords } from './words'

/** True once the person has; false if they would rather not. Throws
 *  PasskeyTrouble. */
export async function prove({ lock, pinLeft }: State): Promise<boolean> {
  if (lock.pin && pinLeft > 0) return proveInSheet()
  await provePasskey()
  return true
}

function proveInSheet(): Promise<boolean> {
  return new Promise((resolve) => {
    let proven = false
    const done = (close: () => void) => {
      proven = true
      close()
    }
    openSheet({
      closed: () => resolve(proven),
      draw: (close) => (
        <Dialog title={t('lock.prove')} close={close}>
          <Ways done={() => done(close)} />
        </Dialog>
      ),
    })
  })
}

function Ways({ done }: { done: () => void }) {
  const typed = useSignal('')
  const error = useSignal('')
  const busy = useSignal(false)
  const attempt = async (work: () => Promise<string>) => {
    if (busy.value) return
    busy.value = true
    error.value = await work().catch(troubleWords)
    busy.value = false
    if (error.value === '') done()
  }
  const pin = async () => {
    const tried = await tryPin(readPin(typed.value))
    typed.value = ''
    if (tried.is === 'open') return ''
    await learnLock()
    return tried.is === 'wrong' ? t('lock.pin.wrong', { n: tried.left }) : t('lock.pin.spent')
  }
  const passkey = async () => {
    await provePasskey()
    return ''
  }
  const submit = (event: Event) => {
    event.preventDefault()
    if (typed.value !== '') void attempt(pin)
  }
  return (
    <form class="stack" onSubmit={submit} noValidate>
      <PinField id="prove-pin" label={t('lock.pin')} value={typed} error={error.value} />
      <button class="btn primary" type="submit" aria-disabled={busy.value || typed.value === ''}>
        {busy.value ? t('lock.busy') : t('lock.unlock')}
      </button>
      <button class="btn" type="button" aria-disabled={busy.value} onClick={() => void attempt(passkey)}>
        <Icon name="i-passkey" look="i-s" />
        {t('lock.passkey.use')}
      </button>
    </form>
  )
}
