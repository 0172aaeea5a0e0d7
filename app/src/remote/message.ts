/** The bytes that a device key signs, apart from HTTP requests. They have one
 *  author on each side; `testdata/vectors/wire` keeps the two alike. A label
 *  keeps a message from ever being taken for one of another kind, a length
 *  before each field keeps the fields apart. */
import { fromBase64url, sha256, utf8, type Bytes } from './bytes'

/** The public half of a device key, as JSON Web Key (RFC 7517). */
export type PublicKey = { kty: 'EC'; crv: 'P-256'; x: string; y: string }

/** A device key, which nobody can take out of this browser. */
export function newKey(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
}

/** The public half of a key. */
export async function publicOf({ publicKey }: CryptoKeyPair): Promise<PublicKey> {
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', publicKey)
  return { kty: 'EC', crv: 'P-256', x, y }
}

/** Where a server can knock: a Web Push subscription (RFC 8030, RFC 8291). */
export type PushAddress = { endpoint: string; p256dh: string; auth: string }

/** What a new registration says of itself. `offer` and `secret` come from the
 *  QR code, `code` from the keyboard: one way or the other. */
export type Pairing = {
  offer?: string
  secret?: string
  code?: string
  key: PublicKey
  name: string
  platform: string
  push?: PushAddress
}

/** What a person answered. The number is empty for all but `approve`. */
export type Verdict = 'approve' | 'deny' | 'report'

/** One answer to one request, complete. `digest` is SHA-256 of the bytes the
 *  sheet was drawn from; `at` is in milliseconds since 1970. */
export type Decision = {
  issuer: string
  registration: string
  request: string
  nonce: string
  /** What it was shown as. */
  kind: string
  decision: Verdict
  number: string
  digest: Bytes
  at: number
  /** The unlock key that the answer brings, if it does. */
  unlockKey?: PublicKey
}

/** What is signed when a phone is paired with `issuer`. */
export function pairMessage(issuer: string, pairing: Pairing): Bytes {
  const { key, push } = pairing
  return message('countersign/pair/1', [
    utf8(issuer),
    utf8(pairing.offer ?? ''),
    utf8(pairing.secret ?? ''),
    utf8(pairing.code ?? ''),
    fromBase64url(key.x),
    fromBase64url(key.y),
    utf8(pairing.name),
    utf8(pairing.platform),
    utf8(push?.endpoint ?? ''),
    fromBase64url(push?.p256dh ?? ''),
    fromBase64url(push?.auth ?? ''),
  ])
}

/** What is signed when a device is bound to a backup place of `issuer`: by whose
 *  sign-in the token says. */
export async function bindMessage(issuer: string, token: string, { key, platform }: { key: PublicKey; platform: string }): Promise<Bytes> {
  return message('countersign/bind/1', [utf8(issuer), await sha256(utf8(token)), fromBase64url(key.x), fromBase64url(key.y), utf8(platform)])
}

/** A device on which the account of `subject` came back by its name. */
export type Rebind = { subject: string; key: PublicKey; name: string; platform: string }

/** What is signed when that device asks for a ticket. */
export function rebindMessage(issuer: string, { subject, key, name, platform }: Rebind): Bytes {
  return message('countersign/rebind/1', [utf8(issuer), utf8(subject), fromBase64url(key.x), fromBase64url(key.y), utf8(name), utf8(platform)])
}

/** The ticket of a device; `key` is the device's. */
export type Restore = { issuer: string; subject: string; ticket: string; challenge: string; key: PublicKey }

/** What is signed, by the restore key of the account, to show that its backup was opened. */
export function restoreMessage({ issuer, subject, ticket, challenge, key }: Restore): Bytes {
  return message('countersign/restore/1', [utf8(issuer), utf8(subject), utf8(ticket), fromBase64url(challenge), fromBase64url(key.x), fromBase64url(key.y)])
}

/** What is signed when a request is answered. */
export function decideMessage(decision: Decision): Bytes {
  return message('countersign/decide/1', [
    utf8(decision.issuer),
    utf8(decision.registration),
    utf8(decision.request),
    utf8(decision.nonce),
    utf8(decision.kind),
    utf8(decision.decision),
    utf8(decision.number),
    decision.digest,
    milliseconds(decision.at),
    fromBase64url(decision.unlockKey?.x ?? ''),
    fromBase64url(decision.unlockKey?.y ?? ''),
  ])
}

/** Signs with a device key: ES256, r and s side by side (RFC 7518 §3.4). */
export async function sign(key: CryptoKey, bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, bytes))
}

function message(label: string, fields: Bytes[]): Bytes {
  const start = utf8(label)
  const size = fields.reduce((sum, field) => sum + 2 + field.length, start.length + 1)
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  bytes.set(start)
  let at = start.length + 1
  for (const field of fields) {
    if (field.length > 0xffff) throw new RangeError(`${label}: a field is too long`)
    view.setUint16(at, field.length)
    bytes.set(field, at + 2)
    at += 2 + field.length
  }
  return bytes
}

function milliseconds(at: number): Bytes {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(at))
  return bytes
}
