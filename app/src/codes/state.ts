/** The codes as the app sees them: the dial as signals, and what a person does
 *  with an account by counter. */
import { signal, type ReadonlySignal } from '@preact/signals'
import { codeFor } from '../otp/otp'
import { papers } from '../store/papers'
import { loaded, store, vault } from '../store/store'
import { withEntry } from '../store/vault'
import { currentDial, watchDial, wind } from './clockwork'
import { counted } from './counted'
import { recipeOf, type Dial } from './dial'
import { recallLogos } from './logos'
import { revealed } from './revealed'

const none: Dial = { at: 0, beats: new Map(), faces: new Map() }
const shown = signal<Dial>(none)
const second = signal<Dial>(none)
const asked = signal(0)
const shownTimes = signal(0)
const recalled = signal(0)

/** How long a hidden code shows once it was touched, in milliseconds. */
const glimpse = 30_000

/** Changes when another logo is known; what is known lies in `logos.ts`. */
export const logoTimes: ReadonlySignal<number> = recalled

/** The codes; changes only when somebody would see a difference. */
export const dial: ReadonlySignal<Dial> = shown

/** The same, and the countdown: changes every second. */
export const ticking: ReadonlySignal<Dial> = second

/** Changes when a code by counter was made; what was made lies in `counted`. */
export const countedTimes: ReadonlySignal<number> = asked

/** Changes when a hidden code was shown, or hidden again. */
export const revealedTimes: ReadonlySignal<number> = shownTimes

/** Takes the dial over from the first paint and follows the vault from now on. */
export function followVault(): void {
  const now = currentDial() ?? none
  shown.value = now
  second.value = now
  watchDial((next, changed) => {
    second.value = next
    if (changed) shown.value = next
  })
  vault.subscribe((next) => {
    if (loaded.peek()) void wind(next)
  })
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) hideAll()
  })
}

/** Knows the logos that are kept, and hears of others in whatever tab. What cannot
 *  be read is drawn as a letter. */
export function followLogos(): void {
  const recall = () => recallLogos().then(() => recalled.value++, () => undefined)
  papers.follow((name) => void (name === 'logos' && recall()))
  void recall()
}

const glimpses = new Map<string, ReturnType<typeof setTimeout>>()

/** Shows a hidden code for a while, or until the app is out of sight. */
export function reveal(id: string): void {
  clearTimeout(glimpses.get(id))
  revealed.add(id)
  shownTimes.value++
  const hide = () => {
    revealed.delete(id)
    shownTimes.value++
  }
  glimpses.set(id, setTimeout(hide, glimpse))
}

function hideAll(): void {
  revealed.clear()
  shownTimes.value++
}

/** Makes the next code of an account by counter. The counter is on the disk
 *  before the code is shown: no code is ever shown twice. Throws StoreTrouble. */
export async function nextCode(id: string): Promise<string | undefined> {
  let used: { counter: number; code: Promise<string> } | undefined
  await store.change((before) => {
    const entry = before.entries.find((other) => other.id === id)
    const recipe = entry && recipeOf(entry)
    if (!entry || !recipe) return before
    used = { counter: entry.counter, code: codeFor(recipe, entry.counter) }
    return withEntry(before, id, (same) => ({ ...same, counter: same.counter + 1 }))
  })
  if (!used) return undefined
  const code = await used.code
  counted.set(id, code)
  asked.value++
  return code
}
