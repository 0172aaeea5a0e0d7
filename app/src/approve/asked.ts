/** What a request asks, read from the exact bytes that the server sent. The
 *  sheet is drawn from these bytes alone, and their digest is signed with the
 *  answer: nobody can show one thing and have another approved. */
import { parse } from '../remote/door'
import { sha256, type Bytes } from '../remote/bytes'
import { calm } from '../remote/text'
import { Trouble } from '../remote/trouble'

export type Kind = (typeof kinds)[number]

/** What this app can be asked. `passwordless`: all that a sign-in takes. `test`
 *  and `unlock` try this phone itself, and are answered with its unlock key.
 *  `new_phone`: whether another one may be set up for the account. */
export const kinds = ['second', 'passwordless', 'test', 'unlock', 'new_phone'] as const

/** A request as a person may see it. Texts are free of control characters.
 *  Times are milliseconds since 1970 on the server's clock. */
export type Asked = {
  id: string
  kind: Kind
  nonce: string
  app: string
  appHost: string
  appVerified: boolean
  person: string
  directory: string
  place: string
  ip: string
  browser: string
  system: string
  known: boolean
  askedAt: number
  expiresAt: number
  digits: 2 | 3 | 6
  correlation: string
  /** Yes takes the app lock, opened for it. */
  unlock: boolean
  /** What is being set up, of `new_phone`. */
  device?: { name: string; platform: string }
}

/** Whether a request is not about a sign-in but about this phone. */
export function triesPhone(kind: Kind): boolean {
  return kind === 'test' || kind === 'unlock'
}

/** A request together with the digest of the bytes it came in. */
export type Seen = { asked: Asked; digest: Bytes }

/** Reads a request. Anything but exactly the request `id` in a form this app
 *  knows is a stranger's: half a request is never shown. */
export async function readAsked(id: string, body: Bytes): Promise<Seen> {
  const fields = parse(body)
  if (typeof fields !== 'object' || fields === null) throw stranger()
  const asked = check(fields as Record<string, unknown>)
  if (asked.id !== id) throw stranger()
  return { asked, digest: await sha256(body) }
}

function check(fields: Record<string, unknown>): Asked {
  const kind = oneOf(fields, 'kind', kinds)
  return {
    ...(kind === 'new_phone' && { device: newPhone(fields) }),
    id: exact(fields, 'id'),
    kind,
    nonce: exact(fields, 'nonce'),
    app: shown(fields, 'app'),
    appHost: shown(fields, 'app_host'),
    appVerified: flag(fields, 'app_verified'),
    person: shown(fields, 'person'),
    directory: shown(fields, 'directory'),
    place: shown(fields, 'place'),
    ip: shown(fields, 'ip'),
    browser: shown(fields, 'browser'),
    system: shown(fields, 'system'),
    known: flag(fields, 'known'),
    askedAt: number(fields, 'asked_at'),
    expiresAt: number(fields, 'expires_at'),
    digits: oneOf(fields, 'digits', [2, 3, 6] as const),
    correlation: shown(fields, 'correlation'),
    unlock: flag(fields, 'unlock'),
  }
}

/** What is being set up: such a request takes six digits and the app lock, or it is
 *  none of ours. */
function newPhone(fields: Record<string, unknown>): { name: string; platform: string } {
  const device = (fields.device ?? {}) as Record<string, unknown>
  if (fields.digits !== 6 || fields.unlock !== true) throw stranger()
  return { name: shown(device, 'name'), platform: shown(device, 'platform') }
}

function exact(fields: Record<string, unknown>, name: string): string {
  const value = fields[name]
  if (typeof value !== 'string' || value === '' || value.length > 200) throw stranger()
  return value
}

function shown(fields: Record<string, unknown>, name: string): string {
  const value = fields[name]
  if (typeof value !== 'string') throw stranger()
  return calm(value)
}

function flag(fields: Record<string, unknown>, name: string): boolean {
  const value = fields[name]
  if (typeof value !== 'boolean') throw stranger()
  return value
}

function number(fields: Record<string, unknown>, name: string): number {
  const value = fields[name]
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw stranger()
  return value
}

function oneOf<const T>(fields: Record<string, unknown>, name: string, known: readonly T[]): T {
  const found = known.find((value) => value === fields[name])
  if (found === undefined) throw stranger()
  return found
}

function stranger(): Trouble {
  return new Trouble({ why: 'stranger' })
}
