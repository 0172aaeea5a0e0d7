/** The check-up: what would come back if this device were lost now, computed by
 *  the core from what is known here; and opening the newest backup for practice,
 *  by itself once a month, or with the recovery key when the person tries it. */
import type { Finding } from '../core/ops'
import { store } from '../store/store'
import { bytesOf } from '../store/text'
import { doorOf } from './bind'
import type { Core } from './instep'
import { edit, read, type Backup } from './kept'
import { placeOf } from './place'
import { waits } from './watch'

/** How often the newest backup is opened for practice. */
export const practice = 30 * 86_400_000

/** The lines of the check-up. */
export async function checkUp(core: Core): Promise<Finding[]> {
  const backup = await read()
  const { result } = await core.sealed('checkUp', backup ?? {}, { bytes: bytesOf(await store.load()) })
  return backup?.watch.stop === 'asks' ? result.map(asking) : result
}

/** A merge that waits for an answer is a state that only this app has. */
function asking(line: Finding): Finding {
  return line.what === 'backup' ? { ...line, good: false, fix: 'back_up' } : line
}

/** How many accounts there are, and what brings them back. */
export type Tally = { all: number; returns: number; verify: number; scan: number; lost: number }

export function tallyOf(lines: Finding[]): Tally {
  const of = (what: Finding['what']) => lines.find((line) => line.what === what)?.titles.length ?? 0
  const [returns, verify, scan, lost] = [of('returns'), of('verify'), of('scan'), of('lost')]
  return { all: returns + verify + scan + lost, returns, verify, scan, lost }
}

/** When the newest backup is to be opened for practice; nothing while it waits for
 *  a person. The first backup was read back and opened as it was made. */
export function practiceDue({ watch, practised = 0 }: Pick<Backup, 'watch' | 'practised'>, now: number): number | undefined {
  if (watch.paused || watch.verified === 0 || waits(watch.stop)) return undefined
  return Math.min(Math.max(practised, watch.on), now) + practice
}

/** Fetches the newest backup and really opens it: with the recovery key that was
 *  typed, which is proven then, else with this device's own. Nothing is taken over. */
export async function practise(core: Core, typed?: string): Promise<void> {
  const backup = await read()
  if (!backup) return
  const { archive } = await placeOf(await doorOf(backup)).latest()
  const { result } = await (typed === undefined
    ? core.sealed('readBackup', { keys: backup.keys }, { bytes: archive })
    : core.sealed('openBackup', { typed }, { bytes: archive }))
  const key = typed === undefined ? undefined : result.ways.find(({ kind }) => kind === 'key')
  const now = Date.now()
  await edit((one) => ({ ...one, practised: now, ...(key && { proven: { ...one.proven, [key.id]: now } }) }))
}
