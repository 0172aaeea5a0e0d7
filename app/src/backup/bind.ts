/** The one call that a sign-in to the recovery account ends in: a new key of this
 *  device is bound to the backup place, and the token is used up. */
import { platformOf } from '../pair/device'
import { base64url, fromBase64url, utf8 } from '../remote/bytes'
import { open, parse, plain, readBytes, type Door } from '../remote/door'
import { object, text, word } from '../remote/fields'
import { bindMessage, newKey, publicOf, sign } from '../remote/message'
import { clockOf } from '../remote/registrations'
import { calm } from '../remote/text'
import { Trouble } from '../remote/trouble'
import { keys } from '../store/keys'
import { readStatus, type Status } from './place'

/** What this device was told when it was bound. */
export type Binding = { issuer: string; binding: string; subject: string; login: string; place: Status }

/** Binds a new device key, which nobody can read and which is on the disk before
 *  this answers. Throws Trouble or StoreTrouble. */
export async function bind(issuer: string, token: string): Promise<Binding> {
  const pair = await newKey()
  const key = await publicOf(pair)
  const platform = platformOf(navigator.userAgent, navigator.maxTouchPoints)
  const signature = base64url(await sign(pair.privateKey, await bindMessage(issuer, token, { key, platform })))
  const response = await plain(
    `${issuer}/backup/bindings`,
    {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
      body: utf8(JSON.stringify({ key, platform, signature })),
      signal: AbortSignal.timeout(20_000),
    },
    clockOf(issuer),
  )
  const told = object(parse(await readBytes(response)))
  const person = object(told.person)
  const binding = word(told.binding)
  await keys.put(binding, pair)
  return { issuer, binding, subject: word(person.subject), login: calm(text(person.login)), place: readStatus(told.place) }
}

/** The door of a binding. Without its key it counts as removed. */
export async function doorOf({ issuer, binding }: Pick<Binding, 'issuer' | 'binding'>): Promise<Door> {
  const pair = await keys.get(binding)
  if (!pair) throw new Trouble({ why: 'refused', code: 'binding_ended', status: 401, detail: { state: 'removed' } })
  return { issuer, registration: binding, key: pair.privateKey, clock: clockOf(issuer) }
}

/** Ends a binding and forgets its key. A server that is away lets it end by itself. */
export async function unbind(of: Pick<Binding, 'issuer' | 'binding'>): Promise<void> {
  try {
    await open(await doorOf(of), { method: 'DELETE', path: '/backup/binding' })
  } catch (thrown) {
    if (!(thrown instanceof Trouble)) throw thrown
  } finally {
    await keys.delete(of.binding)
  }
}

/** Whose sign-in a token is of (RFC 9068, section 2.2); nobody's if it does not say. */
export function subjectOf(token: string): string | undefined {
  try {
    const { sub } = object(parse(fromBase64url(token.split('.')[1] ?? '')))
    return word(sub)
  } catch {
    return undefined
  }
}

/** Deletes the backup of who signed in; the token is used up. */
export async function deleteBackup(issuer: string, token: string): Promise<void> {
  const headers = { Authorization: `Bearer ${token}` }
  await plain(`${issuer}/backup`, { method: 'DELETE', headers, signal: AbortSignal.timeout(20_000) }, clockOf(issuer))
}
