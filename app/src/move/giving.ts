/** The old phone's side of a move: whom to, the digits, everything, the receipt. */
import { signal, type ReadonlySignal } from '@preact/signals'
import { ownIssuer } from '../backup/home'
import { backup } from '../backup/kept'
import { CoreTrouble, type Arrived, type Wants } from '../core/ops'
import { loadCore } from '../core/plug'
import { maySecretsLeave } from '../files/leave'
import { Trouble } from '../remote/trouble'
import { t } from '../words/words'
import { endOf, fateOf, notJoined, own, refusalOf, show, vaultBytes, watching, type Bytes, type Detour, type End, type Remark, type Showing } from './channel'
import { readMeeting, type Meeting } from './meeting'
import { smaller } from './pack'
import { join, largestParcel, part, put, wait, type Parting, type Seat } from './relay'

/** Who asks for what, and the digits that are typed there. */
type Met = { name: string; wants: Wants; digits: string }

/** How messages go: through the server, or from screen to camera and why. */
type Way = { server: boolean; detour?: Detour }

export type Step =
  | { at: 'begin' }
  /** The camera looks for the invitation, the answer, the receipt. */
  | { at: 'find' }
  /** The code of the meeting is typed instead. */
  | { at: 'type'; remark?: Remark }
  | ({ at: 'confirm' } & Met)
  | ({ at: 'digits' } & Met & Way)
  | ({ at: 'hear' } & Met & Way)
  /** The parcel is with the server, which will have the receipt. */
  | { at: 'sent' }
  | { at: 'show'; wants: Wants; showing: Showing; detour?: Detour }
  | { at: 'receipt'; wants: Wants; showing: Showing }
  | { at: 'done'; wants: Wants; arrived?: Arrived }
  | { at: 'ended'; why: End }

const now = signal<Step>({ at: 'begin' })

export const step: ReadonlySignal<Step> = now

/** Where this phone meets the new one, and what is waited for there. */
let seat: Seat | undefined
let left = new AbortController()
let parcel: Bytes = new Uint8Array()

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
    if (thrown instanceof Trouble) return notJoined(thrown)
    const why = refusalOf(thrown)
    if (why.code === 'other_step') return notYet()
    end(endOf(why))
    return undefined
  }
}

/** This phone leaves the meeting. */
function go(why: Parting): void {
  if (seat) part(seat, why)
  seat = undefined
}

function end(why: End): void {
  go(why === 'digits' ? 'digits' : 'left')
  now.value = { at: 'ended', why }
}

export const findNew = watching((message: Bytes) =>
  take(async () => {
    const meeting = readMeeting(message)
    forget()
    await ask(meeting ? await joined(meeting) : message)
  }),
)

/** The code of the meeting was typed: it is at this app's own server, for no other lets this app in. */
export async function findTyped(code: string): Promise<void> {
  forget()
  const before = now.value
  const remark = await take(async () => {
    const invitation = await joined({ server: await ownIssuer(), code })
    if (now.value === before) await ask(invitation)
    else go('left') // the screen was left meanwhile
  })
  if (remark && now.value === before) now.value = { at: 'type', remark }
}

/** Whatever was begun before is not gone on with. */
function forget(): void {
  go('left')
  parcel = new Uint8Array()
}

/** Asks the person whether the one who invites is to have what it wants. */
async function ask(invitation: Bytes): Promise<void> {
  const core = await loadCore()
  const { result } = await core.sealed('moveMeet', {}, { bytes: invitation })
  if (result.wants === 'accounts' || backup.value) now.value = { at: 'confirm', ...result }
  else end('unable')
}

/** The invitation at a meeting. */
async function joined(meeting: Meeting): Promise<Bytes> {
  const met = await join(meeting)
  seat = met.seat
  return met.invitation
}

/** The person wants everything copied: is it the owner? */
export async function agree(): Promise<void> {
  const before = now.value
  if (before.at !== 'confirm' || !(await maySecretsLeave()) || now.value !== before) return
  now.value = { ...before, at: 'digits', server: seat !== undefined }
  if (seat) void hearFrom(seat, before)
}

/** Waits for the answer at the server, and for the receipt. */
async function hearFrom(mine: Seat, { wants, name, digits }: Met): Promise<void> {
  const { signal: gone } = (left = new AbortController())
  try {
    await seal(wants, await wait(mine, 'answer', gone))
    if (parcel.length > largestParcel) throw new CoreTrouble({ code: 'too_large' })
    await put(mine, 'parcel', parcel, gone)
    if (wants === 'backup') return done({ at: 'done', wants })
    now.value = { at: 'sent' }
    const core = await loadCore()
    const { result } = await core.sealed('moveReceived', {}, { bytes: await wait(mine, 'receipt', gone) })
    go('done')
    done({ at: 'done', wants, arrived: result })
  } catch (thrown) {
    if (mine !== seat) return // it was left, or goes another way
    const fate = fateOf(thrown)
    if ('end' in fate) end(fate.end)
    else await screenOnly({ name, wants, digits }, fate.detour)
  }
}

function done(last: Step): void {
  seat = undefined
  now.value = last
}

/** From here on from screen to camera: where it was, with the same keys. */
export async function screenOnly(met: Met, detour: Detour): Promise<void> {
  left.abort()
  go('screen')
  if (parcel.length === 0) now.value = { at: 'digits', ...met, server: false, detour }
  else await take(async () => void (now.value = { at: 'show', wants: met.wants, showing: await show(parcel), detour }))
}

/** The answer is looked at once; if it is right, everything is sealed. */
async function seal(wants: Wants, answer: Bytes): Promise<void> {
  const core = await loadCore()
  await core.sealed('moveHear', {}, { bytes: answer })
  parcel = own((await core.sealed('moveSeal', {}, { bytes: await smaller(await asked(wants)) })).file)
}

export const hearAnswer = watching((message: Bytes) =>
  take(async () => {
    const before = now.value
    if (before.at !== 'hear') return
    await seal(before.wants, message)
    now.value = { at: 'show', wants: before.wants, showing: await show(parcel) }
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
  left.abort()
  go('left')
  parcel = new Uint8Array()
  now.value = { at: 'begin' }
  await (await loadCore()).sealed('moveEnd', {}).catch(() => undefined) // nothing to forget then
}
