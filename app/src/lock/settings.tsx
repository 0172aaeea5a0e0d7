/** The app lock among the settings: what it does, how it is opened, when it
 *  closes. Every change of it wants the proof that would open it. */
// oxlint-disable-next-line import/no-unassigned-import -- the style sheet of this part
import './lock.css'
import { useSignal } from '@preact/signals'
import { Choices } from '../settings/choices'
import { Line } from '../settings/menu'
import { Frame } from '../shell/frame'
import { Icon } from '../shell/icon'
import { openSheet } from '../shell/router'
import { confirm } from '../shell/sheets'
import { toast } from '../shell/toast'
import type { LockAfter } from '../store/ring'
import { t } from '../words/words'
import { afters, afterName, afterWords } from './after'
import { lockNow, provePasskey, removeLock, setAfter, setLock, type State } from './lock'
import { askNewPin } from './newpin'
import { prove } from './prove'
import { Setup } from './setup'
import { lockAll } from './tabs'
import { tellUnlocksGone } from './unlock'
import { Trouble } from './trouble'
import { troubleWords } from './words'

/** Draws `#lock`. */
export function LockSettings() {
  const again = useSignal<CryptoKey | undefined>(undefined)
  const state = lockNow.value
  if (!state || again.value) return <Setup after={state?.lock.after ?? 5} gate={again.value} done={() => (again.value = undefined)} />
  return <On state={state} anew={(gate) => (again.value = gate)} />
}

function On({ state, anew }: { state: State; anew: (gate: CryptoKey) => void }) {
  const trouble = useSignal('')
  const run = (work: () => Promise<void>) => () => {
    trouble.value = ''
    void work().catch((thrown: unknown) => {
      trouble.value = troubleWords(thrown)
    })
  }
  const { pin, after } = state.lock
  return (
    <Frame title={t('lock.name')} from="menu">
      <p class="note ok">
        <Icon name="i-lock" look="i-s" />
        <span>
          <strong>{t('lock.on.title')}</strong>
          {pin && state.pinLeft > 0 ? t('lock.on.both') : t('lock.on.passkey')}
        </span>
      </p>
      <Trouble text={trouble.value} />
      <div class="group">
        <Line icon="i-lock" title={t('lock.now')} act={lockAtOnce} />
        <Line icon="i-clock" title={t('lock.after')} value={afterName(after)} act={() => chooseAfter(after, run)} />
      </div>
      <h2 class="group-title">{t('lock.ways')}</h2>
      <div class="group">
        <Line icon="i-number" title={t('lock.pin')} value={pinValue(state)} act={run(() => newPin(after, pin !== undefined))} />
        {pin && <Line icon="i-erase" title={t('lock.pin.remove')} act={run(() => withoutPin(after))} />}
        <Line icon="i-passkey" title={t('lock.passkey')} text={t('lock.passkey.anew')} act={run(() => withProof(state, anew))} />
      </div>
      <Meaning />
      <div class="group">
        <button class="line danger-text" type="button" onClick={run(() => turnOff(state))}>
          <Icon name="i-trash" />
          <span class="what">
            <strong>{t('lock.off.do')}</strong>
          </span>
          <Icon name="i-chevron" />
        </button>
      </div>
    </Frame>
  )
}

/** What the lock does and does not do. */
export function Meaning() {
  return (
    <ul class="card stack small meaning">
      <li>{t('lock.means.codes')}</li>
      <li>{t('lock.means.approvals')}</li>
      <li>{t('lock.means.copy')}</li>
      <li>{t('lock.means.open')}</li>
    </ul>
  )
}

function pinValue({ lock, pinLeft }: State): string {
  if (!lock.pin) return t('lock.pin.none')
  return pinLeft > 0 ? t('lock.pin.set') : t('lock.pin.used')
}

/** Locks from the menu: what is opened next begins at the list. */
export function lockAtOnce(): void {
  history.replaceState(null, '', '/')
  lockAll()
}

function chooseAfter(now: LockAfter, run: (work: () => Promise<void>) => () => void): void {
  const options = afters.map((after): [string, string] => [String(after), afterWords(after)])
  let chosen = now
  const choose = (name: string) => {
    chosen = afters.find((after) => String(after) === name) ?? now
  }
  openSheet({
    draw: (close) => <Choices title={t('lock.after')} now={String(now)} options={options} choose={choose} close={close} />,
    closed: () => {
      if (chosen !== now) run(() => withProof(lockNow.peek(), () => setAfter(chosen)))()
    },
  })
}

/** Goes on when the person has shown that they can open the lock. */
async function withProof(state: State | undefined, then: (gate: CryptoKey) => void | Promise<void>): Promise<void> {
  const gate = state && (await prove(state))
  if (gate) await then(gate)
}

async function newPin(after: LockAfter, had: boolean): Promise<void> {
  const proven = await provePasskey()
  const pin = await askNewPin()
  if (pin === undefined) return
  await setLock(proven, pin, after)
  toast(had ? t('lock.pin.changed') : t('lock.pin.added'))
}

async function withoutPin(after: LockAfter): Promise<void> {
  await setLock(await provePasskey(), undefined, after)
  toast(t('lock.pin.removed'))
}

async function turnOff(state: State): Promise<void> {
  const question = { title: t('lock.off.title'), text: t('lock.off.text'), yes: t('lock.off.do'), danger: true }
  if (!(await confirm(question)) || !(await prove(state))) return
  await removeLock()
  tellUnlocksGone()
  toast(t('lock.off.done'))
}
