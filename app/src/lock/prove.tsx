/** Showing that one can open the lock: before it is changed, before secrets
 *  leave, and for each approval that asks for it. */
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

/** The lock's gate once the person has; nothing if they would rather not. Throws
 *  PasskeyTrouble. */
export async function prove({ lock, pinLeft }: State): Promise<CryptoKey | undefined> {
  if (lock.pin && pinLeft > 0) return proveInSheet()
  return (await provePasskey()).gate
}

function proveInSheet(): Promise<CryptoKey | undefined> {
  return new Promise((resolve) => {
    let proven: CryptoKey | undefined
    const done = (gate: CryptoKey, close: () => void) => {
      proven = gate
      close()
    }
    openSheet({
      closed: () => resolve(proven),
      draw: (close) => (
        <Dialog title={t('lock.prove')} close={close}>
          <Ways done={(gate) => done(gate, close)} />
        </Dialog>
      ),
    })
  })
}

function Ways({ done }: { done: (gate: CryptoKey) => void }) {
  const typed = useSignal('')
  const error = useSignal('')
  const busy = useSignal(false)
  const attempt = async (work: () => Promise<CryptoKey | string>) => {
    if (busy.value) return
    busy.value = true
    const came = await work().catch(troubleWords)
    busy.value = false
    error.value = typeof came === 'string' ? came : ''
    if (typeof came !== 'string') done(came)
  }
  const pin = async () => {
    const tried = await tryPin(readPin(typed.value))
    typed.value = ''
    if (tried.is === 'open') return tried.gate
    await learnLock()
    return tried.is === 'wrong' ? t('lock.pin.wrong', { n: tried.left }) : t('lock.pin.spent')
  }
  const passkey = async () => (await provePasskey()).gate
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
