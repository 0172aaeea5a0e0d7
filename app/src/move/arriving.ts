/** The new phone's side of a move: an invitation, the digits, what comes. */
import { signal, type ReadonlySignal } from '@preact/signals'
import { ownIssuer } from '../backup/home'
import type { Arrived, Recovered, Wants } from '../core/ops'
import { loadCore } from '../core/plug'
import { platformOf } from '../pair/device'
import { guard } from '../shell/trouble'
import { t } from '../words/words'
import { endOf, fateOf, own, refusalOf, show, vaultBytes, watching, type Bytes, type Detour, type End, type Remark, type Showing } from './channel'
import { messageOf, type Meeting } from './meeting'
import { larger } from './pack'
import { invite, part, put, wait, type Parting, type Seat } from './relay'

export type Step =
  | { at: 'begin' }
  /** Either the code of a meeting, or the whole invitation in moving codes. */
  | { at: 'invite'; showing: Showing; wrong?: boolean; meeting?: Meeting; detour?: Detour }
  /** The answer is with the server, which will have the parcel. */
  | { at: 'wait' }
  | { at: 'answer'; showing: Showing; detour?: Detour }
  | { at: 'look' }
  /** `showing` is the receipt, where the server did not take it. */
  | { at: 'done'; arrived: Arrived; list: Recovered[]; showing?: Showing }
  | { at: 'ended'; why: End }

const now = signal<Step>({ at: 'begin' })

export const step: ReadonlySignal<Step> = now

/** What becomes of what opens a backup. */
export type Lent = (lent: Bytes) => Promise<void>

/** One move, from its beginning to the moment when the screen is left. */
type Move = { wants: Wants; lent: Lent | undefined; left: AbortController; invitation: Bytes; answer: Bytes; seat: Seat | undefined }

const newMove = (wants: Wants, lent?: Lent): Move => {
  return { wants, lent, left: new AbortController(), invitation: new Uint8Array(), answer: new Uint8Array(), seat: undefined }
}

let move = newMove('accounts')

/** Another one begins, or none. */
function next(following: Move): Move {
  move.left.abort()
  go('left')
  return (move = following)
}

/** This phone leaves the meeting. */
function go(why: Parting): void {
  if (move.seat) part(move.seat, why)
  move.seat = undefined
}

/** Does a step; if the core refuses, the move has ended. */
async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (thrown) {
    now.value = { at: 'ended', why: endOf(refusalOf(thrown)) }
  }
}

/** Begins, with keys of this move alone: through the server if it can be reached. */
export async function begin(wants: Wants, lent?: Lent): Promise<void> {
  const mine = next(newMove(wants, lent))
  now.value = { at: 'begin' }
  await attempt(async () => {
    const core = await loadCore()
    const { file } = await core.sealed('moveBegin', { name: platformOf(navigator.userAgent, navigator.maxTouchPoints), wants })
    mine.invitation = own(file)
    const met = await meet(mine.invitation)
    if (mine !== move) return void (typeof met === 'object' && part(met, 'left')) // begun again meanwhile
    if (typeof met !== 'object') return screenOnly(met)
    mine.seat = met
    now.value = { at: 'invite', showing: await show(messageOf(met)), meeting: met }
  })
}

async function meet(invitation: Bytes): Promise<Seat | Detour> {
  try {
    return await invite(await ownIssuer(), invitation)
  } catch (thrown) {
    const fate = fateOf(thrown)
    return 'detour' in fate ? fate.detour : 'offline'
  }
}

/** From here on from screen to camera: where it was, with the same keys. */
export async function screenOnly(detour: Detour): Promise<void> {
  go('screen')
  const answered = move.answer.length > 0
  const showing = await show(answered ? move.answer : move.invitation)
  now.value = answered ? { at: 'answer', showing, detour } : { at: 'invite', showing, detour }
}

/** The digits were typed, or the answer is to be shown once more. */
export async function answer(typed: string): Promise<void> {
  await attempt(async () => {
    const core = await loadCore()
    const { file } = await core.sealed('moveAnswer', { typed }).catch((thrown: unknown) => {
      if (refusalOf(thrown).code !== 'typed') throw thrown
      return { file: undefined }
    })
    if (!file) {
      if (now.value.at === 'invite') now.value = { ...now.value, wrong: true }
      return
    }
    move.answer = own(file)
    if (move.seat) return fetchParcel(move, move.seat)
    now.value = { at: 'answer', showing: await show(move.answer) }
  })
}

/** Gives the answer to the server, and waits for the parcel. */
async function fetchParcel(mine: Move, seat: Seat): Promise<void> {
  now.value = { at: 'wait' }
  try {
    await put(seat, 'answer', mine.answer, mine.left.signal)
    const parcel = await wait(seat, 'parcel', mine.left.signal)
    if (mine === move && mine.seat && (await take(parcel))) end('stranger')
  } catch (thrown) {
    if (mine !== move || !mine.seat) return // it was left, or goes another way
    const fate = fateOf(thrown)
    if ('detour' in fate) await screenOnly(fate.detour)
    else end(fate.end)
  }
}

function end(why: End): void {
  go('left')
  now.value = { at: 'ended', why }
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
  if (move.wants === 'backup') return opened(text)
  const { result } = await core.sealed('moveTake', {}, { bytes: text })
  const { vault } = await core.sealed('contents', {})
  let list: Recovered[] = []
  const stored = await guard(async () => {
    list = await core.change('recover', { paired: result.paired }, { bytes: own(vault) })
  })
  if (!stored) return
  const receipt = await core.sealed('moveReceipt', {}, { bytes: await vaultBytes() })
  const arrived = receipt.result
  now.value = (await told(own(receipt.file))) ? { at: 'done', arrived, list } : { at: 'done', arrived, list, showing: await show(receipt.file) }
}

async function opened(text: Bytes): Promise<void> {
  go('done')
  await move.lent?.(text)
}

/** Whether the server has the receipt for the old phone. */
async function told(receipt: Bytes): Promise<boolean> {
  const { seat } = move
  move.seat = undefined // the old phone ends the meeting when it has read it
  if (!seat) return false
  return put(seat, 'receipt', receipt, move.left.signal).then(
    () => true,
    () => false,
  )
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
  next(newMove('accounts'))
  now.value = { at: 'begin' }
  await (await loadCore()).sealed('moveEnd', {}).catch(() => undefined) // nothing to forget then
}
