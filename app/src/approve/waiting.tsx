/** Changes of an account that somebody made who had less than what guards it: a new
 *  password, or another phone. They wait for a day in which every app of the person
 *  can stop them (R1). */
import { signal } from '@preact/signals'
import { titleOf } from '../codes/mark'
import { ofRegistration, stopWaiting, type Change } from '../remote/registrations'
import { Icon } from '../shell/icon'
import { toast } from '../shell/toast'
import { guard } from '../shell/trouble'
import { t } from '../words/words'
import { when } from '../words/when'

const heard = signal<ReadonlyMap<string, readonly Change[]>>(new Map())

/** Another tab may be the one that listens. */
const channel = new BroadcastChannel('countersign/waiting')

export function startWaiting(): void {
  channel.onmessage = ({ data }: MessageEvent<{ registration: string; changes: Change[] }>) => note(data.registration, data.changes)
}

/** Keeps what a server says of a registration's account. */
export function hearWaiting(registration: string, changes: Change[]): void {
  note(registration, changes)
  channel.postMessage({ registration, changes })
}

function note(registration: string, changes: readonly Change[]): void {
  if (changes.length === 0 && !heard.peek().has(registration)) return
  heard.value = new Map(heard.peek()).set(registration, changes)
}

/** Above the list of accounts, until it is over or was stopped. */
export function WaitingNotes() {
  return (
    <>
      {[...heard.value].flatMap(([registration, changes]) =>
        changes.map((change) => <WaitingNote key={change.id} registration={registration} change={change} />),
      )}
    </>
  )
}

function WaitingNote({ registration, change }: { registration: string; change: Change }) {
  const entry = ofRegistration(registration)
  if (!entry) return null
  const stop = async () => {
    await stopWaiting(registration, change.id)
    hearWaiting(registration, (heard.peek().get(registration) ?? []).filter(({ id }) => id !== change.id))
    toast(t('app.waiting.stopped'))
  }
  const from = change.browser && change.place ? t('app.waiting.from', { browser: change.browser, place: change.place }) : change.browser
  return (
    <div class="note danger" role="alert">
      <Icon name="i-warn" look="i-s" />
      <div class="stack gap-2">
        <p>
          <strong>{sentence(change, titleOf(entry))}</strong> {from}
        </p>
        <p>{t('app.waiting.ask')}</p>
        <button class="btn danger sm self-start" type="button" onClick={() => void guard(stop)}>
          {t('app.waiting.stop')}
        </button>
      </div>
    </div>
  )
}

function sentence({ what, name: device, readyAt }: Change, name: string): string {
  const at = when(new Date(readyAt))
  if (what === 'password') return t('app.waiting.password', { name, when: at })
  return readyAt > Date.now() ? t('app.waiting.app', { device, name, when: at }) : t('app.waiting.now', { device, name })
}
