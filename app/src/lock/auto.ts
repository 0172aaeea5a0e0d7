/** The app locks itself when nobody has touched it for a while, in any tab, and
 *  covers itself while it is out of sight, so that neither the list of open apps
 *  nor the first moment after coming back shows a code. */
import type { LockAfter } from '../store/ring'
import { cover, lockAll, uncover } from './tabs'

const place = 'lock/touched'
const second = 1000
const touches = ['pointerdown', 'keydown', 'wheel', 'touchmove']

/** How long the app stays open without a touch, in milliseconds. With *as soon
 *  as I leave* it is a minute, for a computer that nobody leaves. */
export function patience(after: LockAfter): number {
  return after === 'never' ? Infinity : Math.max(1, after) * 60 * second
}

/** How long nobody has touched the app. A clock that was set back tells nothing. */
export function idle(touched: number, now: number): number {
  return now < touched - second ? Infinity : now - touched
}

/** Begins to watch; called once. `after` is asked each time; nothing means that
 *  there is no lock. Answers with what looks at it anew once it has changed. */
export function watchAttention(after: () => LockAfter | undefined): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let told = 0

  const touch = () => {
    const now = Date.now()
    if (Math.abs(now - told) < second) return
    told = now
    remember(now)
  }

  /** Locks if it is time; otherwise looks again when it may be. True if it locks. */
  const look = (): boolean => {
    clearTimeout(timer)
    const limit = after()
    if (limit === undefined || limit === 'never') return false
    const left = patience(limit) - idle(remembered(told), Date.now())
    if (left <= 0) {
      lockAll()
      return true
    }
    timer = setTimeout(look, left)
    return false
  }

  const settle = () => {
    if (after() === undefined) return
    if (document.visibilityState === 'visible') {
      if (look()) return
      touch()
      uncover()
    } else {
      cover()
      if (after() === 0) lockAll()
    }
  }

  for (const event of touches) addEventListener(event, touch, { capture: true, passive: true })
  document.addEventListener('visibilitychange', settle)
  addEventListener('pageshow', settle)
  touch()
  look()
  return look
}

function remember(now: number): void {
  try {
    localStorage.setItem(place, String(now))
  } catch {
    // Without it each tab counts for itself.
  }
}

/** When any tab was last touched. */
function remembered(own: number): number {
  try {
    return Math.max(own, Number(localStorage.getItem(place) ?? 0))
  } catch {
    return own
  }
}
