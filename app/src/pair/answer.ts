/** What a server answers to a phone that took its offer, checked before any of
 *  it is kept. */
import type { Algorithm, Entry, Server } from '../store/vault'
import { number, object, stranger, text, word, type Fields } from '../remote/fields'
import { calm } from '../remote/text'
import { hostOf } from './link'

export type Answer = {
  registration: string
  kind: 'personal' | 'work'
  login: string
  server: Server
  /** How long the offer still lasts, in milliseconds. */
  lasts: number
}

/** Reads the answer of `issuer`, whose clock says `now`. Anything that the app
 *  could not work with later is a stranger's. */
export function readAnswer(body: unknown, issuer: string, now: number): Answer {
  const fields = object(body)
  const directory = object(fields.directory)
  const person = object(fields.person)
  if (fields.issuer !== issuer) throw stranger()
  const registration = word(fields.registration)
  return {
    registration,
    kind: fields.account_type === 'personal' ? 'personal' : 'work',
    login: calm(text(person.login)),
    lasts: Math.max(0, number(fields.expires_at) - now),
    server: {
      issuer,
      host: hostOf(issuer),
      directory: { id: word(directory.id), name: calm(text(directory.name)), kind: text(directory.kind) },
      subject: word(person.subject),
      registration,
      code: code(object(fields.code)),
      state: 'pending',
      numberDigits: number(fields.digits),
      ...(typeof fields.push_key === 'string' && fields.push_key !== '' && { pushKey: fields.push_key }),
    },
  }
}

/** The account as it stands in the list. */
export function toEntry(answer: Answer, id: string, created: number): Entry {
  return {
    id,
    kind: answer.kind,
    type: 'totp',
    issuer: answer.server.directory.name,
    name: answer.login,
    secret: '',
    algorithm: 'SHA1',
    digits: 6,
    period: 30,
    counter: 0,
    note: '',
    order: 0,
    pinned: false,
    created,
    server: answer.server,
  }
}

function code(fields: Fields): Server['code'] {
  const { secret, algorithm, digits, period } = fields
  if (typeof secret !== 'string' || !/^[A-Z2-7]{16,128}$/.test(secret)) throw stranger()
  const known = (['SHA1', 'SHA256', 'SHA512'] as Algorithm[]).find((name) => name === algorithm)
  if (!known || (digits !== 6 && digits !== 7 && digits !== 8)) throw stranger()
  if (typeof period !== 'number' || !Number.isInteger(period) || period < 10 || period > 300) throw stranger()
  return { secret, algorithm: known, digits, period }
}
