/** Makes backups by itself: soon after each change, again after what failed, and
 *  once a week to see that what is stored still opens; and once a month it opens the
 *  newest for practice. While the app is locked it is not here, and nothing happens. */
import { loadCore } from '../core/plug'
import { vaultGeneration } from '../store/store'
import { practiceDue, practise } from './checkup'
import { backUp } from './instep'
import { backup, edit, learn, tick, type Backup } from './kept'
import { ifFree } from './turns'
import { change, due } from './watch'

/** Drawn anew for each failure. */
let spread = Math.random()
let timer: ReturnType<typeof setTimeout> | undefined

/** Between two looks, whatever came of the first. */
const pause = 5_000

/** Timers of browsers go no further; and a state that a person sees grows old. */
const longestWait = 3_600_000

/** When practice may be tried again after it failed: quietly, for the check-up says it. */
let rested = 0

/** Begins to keep the backup in step, for as long as this page lives. */
export function keepInStep(): void {
  vaultGeneration.subscribe((now) => void notice(now).catch(() => undefined)) // the next start notices it
  backup.subscribe(() => schedule())
  document.addEventListener('visibilitychange', () => schedule())
  // The network is back: what only waited for it is tried at once.
  addEventListener('online', () => void run(backup.peek()?.watch.stop === 'unreachable'))
}

/** Notes that the vault is another now. Each tab does, and it counts once. */
async function notice(now: number): Promise<void> {
  if ((backup.peek()?.seen ?? now) >= now) return
  await edit((one) => (one.seen >= now ? one : { ...one, seen: now, watch: change(one.watch, Date.now()) }))
}

/** Looks again when something is due, and not before `least` milliseconds. */
function schedule(least = 0): void {
  clearTimeout(timer)
  const one = backup.peek()
  if (!one) return
  const at = Math.min(due(one.watch, Date.now(), spread) ?? Infinity, rehearsal(one))
  timer = setTimeout(() => void run(), Math.max(least, Math.min(at - Date.now(), longestWait)))
}

function rehearsal(one: Backup): number {
  return Math.max(practiceDue(one, Date.now()) ?? Infinity, rested)
}

/** Without a network nothing is tried: that would only be counted as failures. */
async function run(now = false): Promise<void> {
  try {
    if (navigator.onLine) await ifFree(() => backUpIfDue(now))
    if (navigator.onLine) await ifFree(practiseIfDue)
  } catch {
    spread = Math.random() // it was noted, and the screen says so
  }
  tick()
  schedule(pause)
}

async function backUpIfDue(now: boolean): Promise<void> {
  const one = await learn()
  const at = one?.keys && due(one.watch, Date.now(), spread)
  if (at !== undefined && (now || at <= Date.now())) await backUp(await loadCore())
}

async function practiseIfDue(): Promise<void> {
  const one = await learn()
  if (!one?.keys || rehearsal(one) > Date.now()) return
  rested = Date.now() + longestWait
  await practise(await loadCore())
}
