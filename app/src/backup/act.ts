/** What a person does to the backup: one thing after the other, with its outcome
 *  in words. */
import { computed, signal, type ReadonlySignal } from '@preact/signals'
import { loadCore } from '../core/plug'
import { toast } from '../shell/toast'
import type { Core } from './instep'
import { backup, begun } from './kept'
import { troubleWords } from './said'
import { inTurn } from './turns'

const doing = signal(false)
const looking = signal(0)
const troubleNow = signal('')

/** Something is being done, or looked up. */
export const busy: ReadonlySignal<boolean> = computed(() => doing.value || looking.value > 0)

/** Why the last thing was not done. */
export const trouble: ReadonlySignal<string> = troubleNow

export function forgetTrouble(): void {
  troubleNow.value = ''
}

/** Does something with the core and answers what came of it; nothing if it did not
 *  work out, and then the screen says why, or if something else is being done.
 *  `issuer` is whose service it is about. */
export async function act<T>(work: (core: Core) => Promise<T>, issuer = ours()): Promise<T | undefined> {
  if (doing.value) return undefined
  doing.value = true
  troubleNow.value = ''
  return attempt(work, issuer).finally(() => (doing.value = false))
}

/** Looks something up that a screen shows: it waits for whatever is being done,
 *  and what was said about that stays. */
export async function lookUp<T>(work: (core: Core) => Promise<T>): Promise<T | undefined> {
  looking.value++
  return attempt(work, ours()).finally(() => looking.value--)
}

function ours(): string {
  return (backup.peek() ?? begun.peek())?.issuer ?? ''
}

async function attempt<T>(work: (core: Core) => Promise<T>, issuer: string): Promise<T | undefined> {
  try {
    return await inTurn(async () => work(await loadCore()))
  } catch (thrown) {
    troubleNow.value = troubleWords(thrown, issuer)
    return undefined
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
