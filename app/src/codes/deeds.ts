/** What a person does to accounts, done by the core: it is kept in the history,
 *  what is removed is in the trash, and one tap takes the last deed back. */
import { CoreTrouble, type Changes, type Ops } from '../core/ops'
import { loadCore } from '../core/plug'
import { toast } from '../shell/toast'
import { guard } from '../shell/trouble'
import { StoreTrouble } from '../store/trouble'
import { t } from '../words/words'

/** Does something and says so, with *Undo*. True if it is on the disk; if not, the
 *  person has been told. */
export async function deed<O extends keyof Changes>(op: O, args: Ops[O]['args'], said: string): Promise<boolean> {
  const at = await attempt(async () => {
    const core = await loadCore()
    await core.change(op, args)
    return (await core.ask('last', {})).result?.at ?? 0
  })
  if (at === undefined) return false
  if (at > 0) toast(said, { label: t('app.undo'), act: () => void takeBack(at) })
  else toast(said)
  return true
}

/** Does something that nothing takes back. */
export async function last<O extends keyof Changes>(op: O, args: Ops[O]['args'], said: string): Promise<boolean> {
  const done = await attempt(async () => {
    await (await loadCore()).change(op, args)
    return true
  })
  if (done) toast(said)
  return done === true
}

/** Takes back the deed of that time, unless another tab has done something since. */
async function takeBack(at: number): Promise<void> {
  const done = await attempt(async () => (await loadCore()).change('undo', { at }))
  if (done) toast(t('app.undone'))
}

/** Brings the core in while the person still looks for the button. */
export function warmUp(): void {
  void loadCore()
    .then((core) => core.ask('last', {}))
    .catch(() => undefined) // whoever needs it says so
}

/** What comes of some work of the core; undefined if nothing did, and then the
 *  person has been told. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  let result: { value: T } | undefined
  let trouble: unknown
  await guard(async () => {
    try {
      result = { value: await work() }
    } catch (thrown) {
      if (thrown instanceof StoreTrouble) throw thrown // has words of its own
      trouble = thrown
    }
  })
  if (trouble !== undefined) toast(wordsOf(trouble))
  return result?.value
}

/** What to say when the core did not do it. Nothing has changed then. */
export function wordsOf(trouble: unknown): string {
  const code = trouble instanceof CoreTrouble ? trouble.why.code : 'unavailable' // its file did not come
  switch (code) {
    case 'unknown':
      return t('app.deed.gone')
    case 'nothing':
      return t('app.deed.nothing')
    case 'unavailable':
      return t('app.deed.unavailable')
  }
  return t('app.deed.failed')
}
