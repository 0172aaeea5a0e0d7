/** Runs the dial, second by second, while somebody can see it. The countdown
 *  itself is one CSS property per beat on the root element: a second passing
 *  redraws the rings and touches nothing else. */
import type { Vault } from '../store/vault'
import { looksDifferent, readDial, type Dial } from './dial'

/** Who is told: `changed` is false when only the countdown moved. */
export type Watcher = (dial: Dial, changed: boolean) => void

let vault: Vault | undefined
let dial: Dial | undefined
let stale = true // the dial is of another vault
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
  stale ||= vault !== next
  vault = next
  return tick()
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
  const read = await readDial(vault, Date.now(), stale ? undefined : dial)
  if (mine !== turn) return // a later one was begun and sees more
  const changed = stale || !dial || looksDifferent(dial, read)
  stale = false
  dial = read
  countDown(read)
  watcher(read, changed)
  if (!document.hidden) timer = window.setTimeout(() => void tick(), 1000 - (Date.now() % 1000))
}

function countDown(read: Dial): void {
  for (const beat of read.beats.values()) {
    document.documentElement.style.setProperty(`--left-${beat.id}`, String(beat.left / beat.period))
  }
}
