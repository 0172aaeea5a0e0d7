/** The lock screen: what is drawn first while the lock is on. Nothing else of the
 *  app is there yet; it comes when the data key does. */
// oxlint-disable-next-line import/no-unassigned-import -- the style sheet of this part
import './lock.css'
import { useSignal } from '@preact/signals'
import { render } from 'preact'
import { Icon } from '../shell/icon'
import { followErasing } from '../store/erase'
import { newest, type Found } from '../store/newest'
import { isLocked, ringNow, type LockedRing } from '../store/ring'
import { storeTrouble, type StoreTrouble } from '../store/trouble'
import { loadWords } from '../words/load'
import { preferred, speak, t } from '../words/words'
import { Cover } from './cover'
import { Forgot } from './forgot'
import { leastDigits, mostDigits } from './keys'
import { Dots, Pad, useDigits } from './pad'
import { askPasskey } from './passkey'
import { followTabs } from './tabs'
import { opens, triesLeft, tryPin } from './tries'
import { troubleWords } from './words'

/** Asks the person, and answers with what was found once it is unlocked. */
export async function unlocked(place: HTMLElement): Promise<Found | StoreTrouble> {
  let open = false
  followTabs(() => open)
  followErasing()
  const [ring, left] = await Promise.all([ringNow(), triesLeft()])
  if (isLocked(ring)) {
    const lang = preferred(ring.lock.language)
    speak(lang, await loadWords(lang))
    document.title = 'Countersign'
    place.replaceChildren()
    await new Promise<void>((resolve) => render(<LockScreen ring={ring} left={left} open={resolve} />, place))
    open = true
    render(null, place)
  }
  return newest().catch(storeTrouble)
}

type LockProps = { ring: LockedRing; left: number; open: () => void }

function LockScreen(props: LockProps) {
  const forgot = useSignal(false)
  if (forgot.value) return <Forgot back={() => (forgot.value = false)} />
  return <Locked {...props} forget={() => (forgot.value = true)} />
}

/** What the screen has to say: why it is still closed. */
type Said = { text: string; danger: boolean }

function Locked({ ring, left, open, forget }: LockProps & { forget: () => void }) {
  const tries = useSignal(left)
  const said = useSignal<Said | undefined>(undefined)
  const busy = useSignal(false)
  const withPin = ring.lock.pin !== undefined && tries.value > 0
  const attempt = async (work: () => Promise<string | undefined>) => {
    if (busy.value) return
    busy.value = true
    const trouble = await work().catch(troubleWords)
    busy.value = false
    if (trouble === undefined) open()
    else said.value = { text: trouble, danger: true }
  }
  const pin = async (typed: string) => {
    const tried = await tryPin(typed)
    if (tried.is === 'changed') location.reload()
    tries.value = tried.is === 'wrong' ? tried.left : tried.is === 'spent' ? 0 : tries.value
    if (tried.is === 'open') return undefined
    return tried.is === 'wrong' ? t('lock.pin.wrong', { n: tried.left }) : t('lock.pin.spent')
  }
  const passkey = async () => {
    const { credential, salt } = ring.lock.passkey
    return (await opens(ring, ring.lock.passkey, await askPasskey({ credential, salt }))) ? undefined : t('lock.passkey.other')
  }
  const usePasskey = () => void attempt(passkey)
  return (
    <Cover>
      <p class="waits small">{location.hash.startsWith('#approve') ? t('lock.waits') : t('lock.lead')}</p>
      {withPin ? (
        <PinPad busy={busy.value} said={said.value ?? firstWords(ring, tries.value)} enter={(typed) => attempt(() => pin(typed))} />
      ) : (
        <Saying said={said.value ?? firstWords(ring, tries.value)} />
      )}
      <div class="stack ways">
        <button class={withPin ? 'btn wide tall' : 'btn primary wide tall'} type="button" aria-disabled={busy.value} onClick={usePasskey}>
          <Icon name="i-passkey" look="i-s" />
          {t('lock.passkey.use')}
        </button>
        <button class="btn quiet wide" type="button" onClick={forget}>
          {t('lock.forgot')}
        </button>
      </div>
    </Cover>
  )
}

type PinProps = { busy: boolean; said: Said | undefined; enter: (typed: string) => Promise<void> }

function PinPad({ busy, said, enter }: PinProps) {
  const typed = useSignal('')
  const ready = typed.value.length >= leastDigits && !busy
  const go = () => {
    if (!ready) return
    const pin = typed.value
    void enter(pin).then(() => (typed.value = ''))
  }
  const digit = (one: string) => {
    if (!busy && typed.value.length < mostDigits) typed.value += one
  }
  const erase = () => {
    if (!busy) typed.value = typed.value.slice(0, -1)
  }
  useDigits({ digit, erase, enter: go })
  return (
    <>
      <Dots n={typed.value.length} />
      <Saying said={busy ? { text: t('lock.busy'), danger: false } : said} />
      <Pad digit={digit} erase={erase} />
      <button class="btn primary wide tall" type="button" aria-disabled={!ready} onClick={go}>
        {t('lock.unlock')}
      </button>
    </>
  )
}

function Saying({ said }: { said: Said | undefined }) {
  return (
    <p class={said?.danger ? 'said small danger-text' : 'said small'} role={said?.danger ? 'alert' : 'status'}>
      {said?.text ?? ''}
    </p>
  )
}

function firstWords({ lock }: LockedRing, left: number): Said | undefined {
  if (!lock.pin) return undefined
  if (left === 0) return { text: t('lock.pin.spent'), danger: true }
  return left < 10 ? { text: t('lock.pin.left', { n: left }), danger: false } : undefined
}
