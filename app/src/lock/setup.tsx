/** Turning the lock on: a passkey is made, tried once, and perhaps a PIN comes
 *  beside it. Nothing changes before the last step. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { Frame } from '../shell/frame'
import { Icon } from '../shell/icon'
import { toast } from '../shell/toast'
import type { LockAfter } from '../store/ring'
import { t } from '../words/words'
import { newSalt } from './keys'
import { setLock, type Proven } from './lock'
import { NewPinForm } from './newpin'
import { askPasskey, makePasskey, passkeysPossible, type Passkey } from './passkey'
import { Meaning } from './settings'
import { Trouble } from './trouble'
import { troubleWords } from './words'

type Step = { at: 'passkey' } | { at: 'try'; made: Passkey } | { at: 'pin'; proven: Proven }

/** `gate` is that of the lock that is set up anew. */
type SetupProps = { after: LockAfter; gate: CryptoKey | undefined; done: () => void }

export function Setup({ after, gate, done }: SetupProps) {
  const step = useSignal<Step>({ at: 'passkey' })
  const trouble = useSignal('')
  const busy = useSignal(false)
  const possible = useSignal(true)
  useEffect(() => void passkeysPossible().then((can) => (possible.value = can)), [])
  const run = async (work: () => Promise<void>) => {
    if (busy.value) return
    busy.value = true
    trouble.value = ''
    try {
      await work()
    } catch (thrown) {
      trouble.value = troubleWords(thrown)
    }
    busy.value = false
  }
  const make = async () => {
    step.value = { at: 'try', made: await makePasskey(newSalt()) }
  }
  const tryIt = async (made: Passkey) => {
    step.value = { at: 'pin', proven: { ...made, key: await askPasskey(made), ...(gate && { gate }) } }
  }
  const turnOn = async (proven: Proven, pin?: string) => {
    await setLock(proven, pin, after)
    done()
    toast(t('lock.on.done'))
  }
  const now = step.value
  return (
    <Frame title={t('lock.name')} from="menu">
      <Trouble text={trouble.value} />
      {now.at === 'passkey' && <First possible={possible.value} busy={busy.value} go={() => void run(make)} />}
      {now.at === 'try' && (
        <Second busy={busy.value} go={() => void run(() => tryIt(now.made))} back={() => (step.value = { at: 'passkey' })} />
      )}
      {now.at === 'pin' && <Third busy={busy.value} go={(pin) => void run(() => turnOn(now.proven, pin))} />}
    </Frame>
  )
}

function First({ possible, busy, go }: { possible: boolean; busy: boolean; go: () => void }) {
  return (
    <>
      <p class="lead">{t('lock.lead.settings')}</p>
      <Meaning />
      {possible ? (
        <div class="card stack">
          <h2>{t('lock.setup.passkey')}</h2>
          <p class="small">{t('lock.setup.passkey.text')}</p>
          <p class="small">
            <strong>{t('lock.setup.passkey.keep')}</strong>
          </p>
          <button class="btn primary" type="button" aria-disabled={busy} onClick={go}>
            <Icon name="i-passkey" look="i-s" />
            {t('lock.setup.passkey.do')}
          </button>
        </div>
      ) : (
        <p class="note caution">
          <Icon name="i-warn" look="i-s" />
          <span>{t('lock.setup.impossible')}</span>
        </p>
      )}
    </>
  )
}

function Second({ busy, go, back }: { busy: boolean; go: () => void; back: () => void }) {
  return (
    <div class="card stack">
      <h2>{t('lock.setup.try')}</h2>
      <p class="small">{t('lock.setup.try.text')}</p>
      <button class="btn primary" type="button" aria-disabled={busy} onClick={go}>
        <Icon name="i-passkey" look="i-s" />
        {t('lock.passkey.use')}
      </button>
      <button class="btn quiet" type="button" aria-disabled={busy} onClick={back}>
        {t('lock.setup.again')}
      </button>
    </div>
  )
}

function Third({ busy, go }: { busy: boolean; go: (pin?: string) => void }) {
  return (
    <>
      <div class="card stack">
        <h2>{t('lock.setup.pin')}</h2>
        <p class="small">{t('lock.setup.pin.text')}</p>
        <NewPinForm label={t('lock.setup.with')} busy={busy} enter={go}>
          <button class="btn" type="button" aria-disabled={busy} onClick={() => go()}>
            {t('lock.setup.without')}
          </button>
        </NewPinForm>
      </div>
      <p class="note">
        <Icon name="i-info" look="i-s" />
        <span>{t('lock.setup.last')}</span>
      </p>
    </>
  )
}
