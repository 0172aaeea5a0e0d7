/** The step between the sign-in and the accounts: a backup lies here as it came,
 *  until somebody opens it. */
import { signal, type ReadonlySignal } from '@preact/signals'
import { CoreTrouble } from '../core/ops'
import { arrive, arriveBack, fetchArchive, olderThan, nothing, open, recovery, type Archive } from './recovery'
import { cutShort, mayHaveOlder, problemWords } from './said'

const archive = signal<Archive | undefined>(undefined)
const busy = signal(false)
const trouble = signal<{ words: string; older: boolean } | undefined>(undefined)

export const closed: ReadonlySignal<Archive | undefined> = archive

export const working: ReadonlySignal<boolean> = busy

/** Why the last step led nowhere, and whether an older version may lead on. */
export const problem: ReadonlySignal<{ words: string; older: boolean } | undefined> = trouble

/** One step at a time; what went wrong is told. True if nothing did. */
export async function step(work: () => Promise<unknown>): Promise<boolean> {
  if (busy.value) return false
  busy.value = true
  trouble.value = undefined
  try {
    await work()
    return true
  } catch (thrown) {
    tell(thrown)
    return false
  } finally {
    busy.value = false
  }
}

function tell(thrown: unknown): void {
  const issuer = recovery.value?.issuer ?? nothing.value?.issuer ?? ''
  trouble.value = { words: problemWords(thrown, issuer), older: mayHaveOlder(thrown) }
}

/** Another screen has nothing to do with what went wrong on this one. */
export function forgetProblem(): void {
  trouble.value = undefined
}

/** Goes on with a sign-in that came back, and fetches what is to be opened. */
export function goOn(): Promise<boolean> {
  return step(async () => {
    if ((await arrive()) || (await arriveBack())) archive.value = undefined
    await fetched()
  })
}

async function fetched(): Promise<Archive | undefined> {
  const now = recovery.value
  if (now?.at !== 'unlock') return undefined
  return (archive.value ??= await fetchArchive(now))
}

/** Opens it. True if its accounts are here. */
export function unlock(by: () => Promise<Parameters<typeof open>[2]>): Promise<boolean> {
  return step(async () => {
    const now = recovery.value
    const there = await fetched()
    if (now?.at !== 'unlock' || !there) return
    await open(now, there, await by()).catch(dropCut)
    archive.value = undefined
  })
}

/** What came cut short is fetched anew when it is tried again. */
function dropCut(thrown: unknown): never {
  if (cutShort(thrown)) archive.value = undefined
  throw thrown
}

/** Fetches the version before the one that does not open. True if there is one. */
export function takeOlder(): Promise<boolean> {
  return step(async () => {
    const now = recovery.value
    if (now?.at !== 'unlock') return
    const before = await olderThan(now, archive.value?.version ?? now.version.version)
    if (!before) throw new CoreTrouble({ code: 'no_file' })
    archive.value = await fetchArchive(now, before.version)
  })
}
