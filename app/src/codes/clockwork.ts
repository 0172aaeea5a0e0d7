/** Runs the dial, second by second, while somebody can see it. A second passing
 *  moves the rings on and touches nothing else. */
import type { Vault } from '../store/vault'
import { looksDifferent, readDial, type Beat, type Dial } from './dial'

/** Who is told: `changed` is false when only the countdown moved. */
export type Watcher = (dial: Dial, changed: boolean) => void

let vault: Vault | undefined
let dial: Dial | undefined
let stale = true // the dial is of another vault, or of other accounts
let anew = true // what the dial knows may not hold any more
let wanted: ReadonlySet<string> = new Set()
let made: ReadonlySet<string> = new Set() // of what was wanted: whose codes are in the dial
const waiting: (() => void)[] = []
let watcher: Watcher = () => undefined
let timer = 0
let turn = 0

/** The dial that was shown last. */
export function currentDial(): Dial | undefined {
  return dial
}

/** The vault whose codes are shown. */
export function currentVault(): Vault | undefined {
  return vault
}

/** Hands the dial to somebody else; the one before hears nothing more. */
export function watchDial(next: Watcher): void {
  watcher = next
}

/** Shows the codes of this vault from now on. Answers when they are known. */
export function wind(next: Vault): Promise<void> {
  anew ||= vault !== next
  stale ||= anew
  vault = next
  return tick()
}

/** From now on codes are made for these accounts only: those on the screen. `then`
 *  is called once theirs are known, before anybody hears of it. */
export async function want(ids: Iterable<string>, then: () => void = () => undefined): Promise<void> {
  wanted = new Set(ids)
  waiting.push(then)
  const known = waiting.length === 1 && [...wanted].every((id) => made.has(id))
  if (known) tell()
  else {
    stale = true // somebody would see a difference
    await tick()
  }
}

/** The same, of accounts that are not on the screen yet: nobody hears of it. */
export function wantAhead(ids: Iterable<string>): void {
  wanted = new Set(ids)
  void tick()
}

function tell(): void {
  for (const then of waiting.splice(0)) then()
}

/** Stops while the page is hidden, and is right again before it is seen. */
export function startClockwork(): void {
  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer)
    if (!document.hidden) void tick()
  })
}

async function tick(): Promise<void> {
  clearTimeout(timer)
  if (!vault) return
  const mine = ++turn
  const those = wanted
  const read = await readDial(vault, Date.now(), anew ? undefined : dial, those)
  if (mine !== turn) return // a later one was begun and sees more
  const changed = stale || !dial || looksDifferent(dial, read)
  const passed = !dial || Math.floor(read.at / 1000) !== Math.floor(dial.at / 1000)
  stale = false
  anew = false
  made = those
  dial = read
  if (passed || changed) countDown(read)
  tell()
  watcher(read, changed)
  if (!document.hidden) timer = window.setTimeout(() => void tick(), 1000 - (Date.now() % 1000))
}

/** How much of a beat is left now, of one: what was drawn a while ago holds an older one. */
export function leftOf(beat: Beat): number {
  const { left, period } = dial?.beats.get(beat.id) ?? beat
  return left / period
}

/** Each ring by itself: a property that all of them inherit would have every style of the page looked up. */
function countDown({ beats }: Dial): void {
  for (const ring of document.querySelectorAll<SVGElement>('.ring[data-beat]')) {
    const beat = beats.get(ring.dataset.beat ?? '')
    const left = beat && String(leftOf(beat))
    if (left && ring.style.getPropertyValue('--left') !== left) ring.style.setProperty('--left', left)
  }
}
