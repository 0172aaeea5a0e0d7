/** The new phone's side of a move: an invitation, the digits, what comes. */
import { signal, type ReadonlySignal } from '@preact/signals'
import type { Arrived, Recovered, Wants } from '../core/ops'
import { loadCore } from '../core/plug'
import { platformOf } from '../pair/device'
import { guard } from '../shell/trouble'
import { t } from '../words/words'
import { endOf, own, refusalOf, show, vaultBytes, watching, type Bytes, type End, type Remark, type Showing } from './channel'
import { larger } from './pack'

export type Step =
  | { at: 'begin' }
  | { at: 'invite'; showing: Showing; wrong?: boolean }
  | { at: 'answer'; showing: Showing }
  | { at: 'look' }
  | { at: 'done'; arrived: Arrived; list: Recovered[]; showing: Showing }
  | { at: 'ended'; why: End }

const now = signal<Step>({ at: 'begin' })

export const step: ReadonlySignal<Step> = now

/** Does a step; if the core refuses, the move has ended. */
async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (thrown) {
    now.value = { at: 'ended', why: endOf(refusalOf(thrown)) }
  }
}

/** What becomes of what opens a backup. */
export type Lent = (lent: Bytes) => Promise<void>

let asked: { wants: Wants; lent: Lent | undefined } = { wants: 'accounts', lent: undefined }

/** Begins, with keys of this move alone. */
export async function begin(wants: Wants, lent?: Lent): Promise<void> {
  asked = { wants, lent }
  now.value = { at: 'begin' }
  await attempt(async () => {
    const core = await loadCore()
    const { file } = await core.sealed('moveBegin', { name: platformOf(navigator.userAgent, navigator.maxTouchPoints), wants })
    now.value = { at: 'invite', showing: await show(file) }
  })
}

/** The digits were typed, or the answer is to be shown once more. */
export async function answer(typed: string): Promise<void> {
  await attempt(async () => {
    const core = await loadCore()
    const { file } = await core.sealed('moveAnswer', { typed }).catch((thrown: unknown) => {
      if (refusalOf(thrown).code !== 'typed') throw thrown
      return { file: undefined }
    })
    if (file) now.value = { at: 'answer', showing: await show(file) }
    else if (now.value.at === 'invite') now.value = { ...now.value, wrong: true }
  })
}

/** The camera comes. */
export function look(): void {
  now.value = { at: 'look' }
}

export const hear = watching(take)

/** Takes a parcel. What is not for this phone is said, and the camera looks on. */
async function take(parcel: Bytes): Promise<Remark | undefined> {
  const core = await loadCore()
  const packed = await core.sealed('moveUnseal', {}, { bytes: parcel }).catch((thrown: unknown) => {
    const { code } = refusalOf(thrown)
    if (code === 'step' || code === 'unavailable') throw thrown
    return undefined
  })
  if (!packed) return { title: t('move.odd.title'), text: t('move.odd.parcel') }
  await attempt(() => receive(own(packed.file)))
  return undefined
}

/** Takes in what came: what is here already stays as it is. */
async function receive(packed: Bytes): Promise<void> {
  const core = await loadCore()
  const text = await larger(packed)
  if (asked.wants === 'backup') return void (await asked.lent?.(text))
  const { result } = await core.sealed('moveTake', {}, { bytes: text })
  const { vault } = await core.sealed('contents', {})
  let list: Recovered[] = []
  const stored = await guard(async () => {
    list = await core.change('recover', { paired: result.paired }, { bytes: own(vault) })
  })
  if (!stored) return
  const receipt = await core.sealed('moveReceipt', {}, { bytes: await vaultBytes() })
  now.value = { at: 'done', arrived: receipt.result, list, showing: await show(receipt.file) }
}

/** Adds a copy beside the account that was here. */
export async function addCopy(id: string): Promise<void> {
  const core = await loadCore()
  const added = await guard(() => core.change('beside', { ids: [id] }))
  const { value } = now
  if (added && value.at === 'done') now.value = { ...value, list: value.list.filter((one) => one.id !== id) }
}

/** The screen was left. */
export async function leave(): Promise<void> {
  now.value = { at: 'begin' }
  await (await loadCore()).sealed('moveEnd', {}).catch(() => undefined) // nothing to forget then
}
