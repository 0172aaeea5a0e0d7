/** The old phone's side of a move: whom to, the digits, everything, the receipt. */
import { signal, type ReadonlySignal } from '@preact/signals'
import { backup } from '../backup/kept'
import { CoreTrouble, type Arrived, type Wants } from '../core/ops'
import { loadCore } from '../core/plug'
import { maySecretsLeave } from '../files/leave'
import { t } from '../words/words'
import { endOf, own, refusalOf, show, vaultBytes, watching, type Bytes, type End, type Remark, type Showing } from './channel'
import { smaller } from './pack'

/** Who asks for what, and the digits that are typed there. */
type Met = { name: string; wants: Wants; digits: string }

export type Step =
  | { at: 'begin' }
  /** The camera looks for the invitation, the answer, the receipt. */
  | { at: 'find' }
  | ({ at: 'confirm' } & Met)
  | ({ at: 'digits' } & Met)
  | ({ at: 'hear' } & Met)
  | { at: 'show'; wants: Wants; showing: Showing }
  | { at: 'receipt'; wants: Wants; showing: Showing }
  | { at: 'done'; wants: Wants; arrived?: Arrived }
  | { at: 'ended'; why: End }

const now = signal<Step>({ at: 'begin' })

export const step: ReadonlySignal<Step> = now

/** Back to another step of this move. */
export function to(next: Step): void {
  now.value = next
}

const notYet = (): Remark => ({ title: t('move.odd.title'), text: t('move.odd.step') })

/** Does what takes a message. One of another step is said, and the camera looks on. */
async function take(work: () => Promise<void>): Promise<Remark | undefined> {
  try {
    await work()
    return undefined
  } catch (thrown) {
    const why = refusalOf(thrown)
    if (why.code === 'other_step') return notYet()
    now.value = { at: 'ended', why: endOf(why) }
    return undefined
  }
}

export const findNew = watching((message: Bytes) =>
  take(async () => {
    const core = await loadCore()
    const { result } = await core.sealed('moveMeet', {}, { bytes: message })
    now.value = result.wants === 'accounts' || backup.value ? { at: 'confirm', ...result } : { at: 'ended', why: 'unable' }
  }),
)

/** The person wants everything copied: is it the owner? */
export async function agree(): Promise<void> {
  const before = now.value
  if (before.at === 'confirm' && (await maySecretsLeave())) now.value = { ...before, at: 'digits' }
}

/** The answer is looked at once; if it is right, everything is sealed and shown. */
export const hearAnswer = watching((message: Bytes) =>
  take(async () => {
    const before = now.value
    if (before.at !== 'hear') return
    const core = await loadCore()
    await core.sealed('moveHear', {}, { bytes: message })
    const parcel = await core.sealed('moveSeal', {}, { bytes: await smaller(await asked(before.wants)) })
    now.value = { at: 'show', wants: before.wants, showing: await show(parcel.file) }
  }),
)

/** Everything, or what opens the backup: what was asked for and confirmed, never the other. */
async function asked(wants: Wants): Promise<Bytes> {
  const core = await loadCore()
  if (wants === 'accounts') return own((await core.sealed('moveCopy', {}, { bytes: await vaultBytes() })).file)
  if (!backup.value) throw new CoreTrouble({ code: 'key' }) // it was turned off meanwhile
  return own((await core.sealed('moveLend', { keys: backup.value.keys })).file)
}

export const hearReceipt = watching((message: Bytes) =>
  take(async () => {
    const core = await loadCore()
    const { result } = await core.sealed('moveReceived', {}, { bytes: message })
    now.value = { at: 'done', wants: 'accounts', arrived: result }
  }),
)

/** The screen was left. */
export async function leave(): Promise<void> {
  now.value = { at: 'begin' }
  await (await loadCore()).sealed('moveEnd', {}).catch(() => undefined) // nothing to forget then
}
