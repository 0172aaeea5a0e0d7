/** Whether what is here is also there: when the next backup is due, and what a
 *  person sees of it. The same rules as package backup of the authenticator
 *  (`watch.go`). A Watch is a value: each event makes another. All times are
 *  milliseconds since 1970; 0 is never. */

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000]

const quiet = 5 * second // after a change: the next one often follows at once
const longest = minute // that changes in a row put it off
const retry = 30 * second // after the first failure, then doubling
const slowest = 6 * hour // between two tries
const renew = 7 * day // what is stored is read and opened again

/** How long a change may wait until it is verified in the cloud. */
export const staleChange = day
/** How long nothing may be verified. */
export const staleBackup = 30 * day

const failing = 3 // failures in a row

/** Why a backup did not succeed. After `unreachable` it is tried again by itself;
 *  the others wait for a person, but for `full`, which may end by itself.
 *  - `sign_in`: the binding of this device has ended.
 *  - `deleted`: on another device, or at the server.
 *  - `account`: another backup lies in the recovery account now.
 *  - `asks`: other devices removed many accounts; were they right? */
export type Stop = 'unreachable' | 'sign_in' | 'full' | 'deleted' | 'account' | 'asks'

export type State =
  | 'fine'
  | 'waiting'
  | 'stale'
  | 'failing'
  | 'paused'
  | 'needs_sign_in'
  | 'storage_full'
  | 'deleted_elsewhere'
  | 'account_changed'
  | 'asks'

export type Watch = {
  /** When the backup was turned on. */
  on: number
  /** The oldest change that is not verified, and the latest one. */
  since: number
  changed: number
  /** The last backup that was read back and opened. */
  verified: number
  /** The last failure, how many there were since the last success, and why. */
  tried: number
  failures: number
  stop?: Stop
  paused: boolean
}

/** Red dot: something is to be done, or will be lost. */
export function alarms(state: State): boolean {
  return state !== 'fine' && state !== 'waiting' && state !== 'paused'
}

/** Begins to watch over a backup that was just turned on. */
export function begin(now: number): Watch {
  return change({ on: now, since: 0, changed: 0, verified: 0, tried: 0, failures: 0, paused: false }, now)
}

/** The vault changed. */
export function change(watch: Watch, now: number): Watch {
  return { ...watch, changed: now, since: watch.since || now }
}

/** A backup was read back, compared and opened: nothing else moves "last verified".
 *  `behind` is a change that came while it was made. */
export function verify(watch: Watch, now: number, behind = 0): Watch {
  const { stop: _, ...others } = watch
  return { ...others, verified: now, since: behind, tried: 0, failures: 0 }
}

/** One did not succeed, whatever was stored. */
export function fail(watch: Watch, now: number, stop: Stop): Watch {
  return { ...watch, tried: now, failures: watch.failures + 1, stop }
}

/** A person did something about it: signed in, made room, or pressed "back up now". */
export function resume(watch: Watch): Watch {
  const { stop: _, ...others } = watch
  return { ...others, failures: 0, tried: 0, paused: false }
}

/** A person pauses it. */
export function hold(watch: Watch): Watch {
  return { ...watch, paused: true }
}

/** It goes on when a person did something. */
export function waits(stop: Stop | undefined): boolean {
  return stop === 'sign_in' || stop === 'deleted' || stop === 'account' || stop === 'asks'
}

/** When the next backup is to be made; nothing when it waits for something else to
 *  happen first. `spread`, from 0 to 1, is drawn anew for each failure, so that
 *  devices do not come back to a server all at once. */
export function due(watch: Watch, now: number, spread: number): number | undefined {
  if (watch.on === 0 || watch.paused || waits(watch.stop)) return undefined
  const wish = wished(watch, now)
  return watch.failures > 0 ? Math.max(wish, Math.min(watch.tried, now) + rest(watch, spread)) : wish
}

/** When one would be made if the last try had not failed. A clock that was set
 *  back does not put it off. */
function wished({ since, changed, verified }: Watch, now: number): number {
  if (since === 0) return Math.min(verified, now) + renew
  return Math.min(Math.min(changed, now) + quiet, Math.min(since, now) + longest)
}

/** After failures: between half and all of a time that doubles. */
function rest({ failures, stop }: Watch, spread: number): number {
  const whole = stop === 'full' ? slowest : Math.min(slowest, retry * 2 ** (failures - 1))
  return whole / 2 + (Math.max(0, Math.min(spread, 1)) * whole) / 2
}

/** What a person sees now. */
export function stateOf(watch: Watch, now: number): State {
  switch (watch.stop) {
    case 'account':
      return 'account_changed'
    case 'deleted':
      return 'deleted_elsewhere'
    case 'sign_in':
      return 'needs_sign_in'
    case 'full':
      return 'storage_full'
    case 'asks':
      return 'asks'
  }
  if (watch.paused) return 'paused'
  if (isStale(watch, now)) return 'stale'
  if (watch.failures >= failing) return 'failing'
  return watch.since === 0 ? 'fine' : 'waiting'
}

function isStale({ since, verified, on }: Watch, now: number): boolean {
  return (since !== 0 && now - since >= staleChange) || now - Math.max(verified, on) >= staleBackup
}
