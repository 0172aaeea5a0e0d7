/** What a person does to the backup: one thing after the other, with its outcome
 *  in words. */
import { signal, type ReadonlySignal } from '@preact/signals'
import { loadCore } from '../core/plug'
import { toast } from '../shell/toast'
import type { Core } from './instep'
import { backup, begun } from './kept'
import { troubleWords } from './said'
import { inTurn } from './turns'

const busyNow = signal(false)
const troubleNow = signal('')

/** Something is being done. */
export const busy: ReadonlySignal<boolean> = busyNow

/** Why the last thing was not done. */
export const trouble: ReadonlySignal<string> = troubleNow

export function forgetTrouble(): void {
  troubleNow.value = ''
}

/** Does something with the core and answers what came of it; nothing if it did not
 *  work out, and then the screen says why. `issuer` is whose service it is about. */
export async function act<T>(work: (core: Core) => Promise<T>, issuer = (backup.peek() ?? begun.peek())?.issuer ?? ''): Promise<T | undefined> {
  if (busyNow.value) return undefined
  busyNow.value = true
  troubleNow.value = ''
  try {
    return await inTurn(async () => work(await loadCore()))
  } catch (thrown) {
    troubleNow.value = troubleWords(thrown, issuer)
    return undefined
  } finally {
    busyNow.value = false
  }
}

/** Does something and says so. True if it was done. */
export async function done(work: (core: Core) => Promise<unknown>, said: string): Promise<boolean> {
  const did = await act(async (core) => {
    await work(core)
    return true
  })
  if (did) toast(said)
  return did === true
}
