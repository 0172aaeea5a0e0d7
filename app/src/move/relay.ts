/** A handover through a server, which keeps each sealed piece until the other
 *  device takes it. Everything here throws Trouble. */
import { base64url, random, type Bytes } from '../remote/bytes'
import { ownClock } from '../remote/clock'
import { plain, readBytes } from '../remote/door'
import { stranger } from '../remote/fields'
import { reasonOf, Trouble, type Reason } from '../remote/trouble'
import { codeOf, type Meeting } from './meeting'

/** A meeting that this device is at, with the key that it drew for it. */
export type Seat = Meeting & { key: string }

export type Piece = 'answer' | 'parcel' | 'receipt'

/** Why a device goes; `screen`: it goes on from screen to camera. */
export type Parting = 'done' | 'digits' | 'left' | 'screen'

/** As much as a server takes. */
export const largestParcel = 2 << 20

/** How often is looked, in milliseconds, and how many times in a row no answer may come. */
const pause = 1000
const patience = 15

const newKey = () => base64url(random(24))

/** Leaves the invitation of this device, the new one. */
export async function invite(server: string, invitation: Bytes): Promise<Seat> {
  const seat = { server, code: await codeOf(invitation), key: newKey() }
  await call(seat, 'PUT', '', invitation)
  return seat
}

/** Joins as the old device, and gives the invitation: it is the one whose code was scanned. */
export async function join(meeting: Meeting): Promise<{ seat: Seat; invitation: Bytes }> {
  const seat = { ...meeting, key: newKey() }
  const invitation = await call(seat, 'POST', '/join')
  if ((await codeOf(invitation)) !== seat.code) throw stranger()
  return { seat, invitation }
}

/** Leaves a piece. If the answer is lost it is said again: that changes nothing. */
export async function put(seat: Seat, piece: Piece, bytes: Bytes, left: AbortSignal): Promise<void> {
  await persist(left, async () => {
    await call(seat, 'PUT', `/${piece}`, bytes)
    return true
  })
}

/** Waits for a piece of the other device. */
export async function wait(seat: Seat, piece: Piece, left: AbortSignal): Promise<Bytes> {
  return persist(left, async () => {
    const bytes = await call(seat, 'GET', `/${piece}`)
    return bytes.length > 0 ? bytes : undefined
  })
}

/** Says that this device goes. Nobody waits for the answer: in ten minutes all is gone anyway. */
export function part(seat: Seat, why: Parting): void {
  void call(seat, 'DELETE', `?why=${why}`).catch(() => undefined)
}

/** Does it until it gives something. A network that comes and goes is waited for. */
async function persist<T>(left: AbortSignal, work: () => Promise<T | undefined>): Promise<T> {
  for (let failed = 0; ; ) {
    try {
      const got = await work()
      if (got !== undefined) return got
      failed = 0
    } catch (thrown) {
      if (!passing(reasonOf(thrown)) || ++failed === patience) throw thrown
    }
    await new Promise((resolve) => setTimeout(resolve, pause))
    if (left.aborted) throw new Trouble({ why: 'kept' })
  }
}

function passing({ why }: Reason): boolean {
  return why === 'offline' || why === 'unreachable' || why === 'busy'
}

async function call({ server, code, key }: Seat, method: string, path: string, body?: Bytes): Promise<Bytes> {
  const headers = { Authorization: `Bearer ${key}`, ...(body && { 'Content-Type': 'application/octet-stream' }) }
  const url = `${server}/meetings/${code}${path}`
  const response = await plain(url, { method, headers, signal: AbortSignal.timeout(10_000), ...(body && { body }) }, ownClock())
  return readBytes(response, largestParcel)
}
