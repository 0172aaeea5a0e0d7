import { expect, test } from 'vitest'
import bind from '../../../testdata/vectors/wire/bind.json'
import decide from '../../../testdata/vectors/wire/decide.json'
import pair from '../../../testdata/vectors/wire/pair.json'
import restore from '../../../testdata/vectors/wire/restore.json'
import { fromBase64url, sha256, utf8, base64url, type Bytes } from './bytes'
import { bindMessage, decideMessage, pairMessage, rebindMessage, restoreMessage, sign, type Pairing, type PublicKey, type Rebind, type Restore, type Verdict } from './message'

type Jwk = { kty: string; crv: string; x: string; y: string }

const es256 = { name: 'ECDSA', namedCurve: 'P-256' }

function verifier(jwk: Jwk): Promise<CryptoKey> {
  return crypto.subtle.importKey('jwk', jwk, es256, false, ['verify'])
}

async function signedBy(jwk: Jwk, message: Bytes, signature: string): Promise<boolean> {
  const key = await verifier(jwk)
  return crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, fromBase64url(signature), message)
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

test.each(pair.cases.filter((one) => one.message_hex))('pair: $name', async (one) => {
  const message = pairMessage(one.issuer, one.pair as Pairing)
  expect(hex(message)).toBe(one.message_hex)
  if (one.error === 'key') return // the server's to notice: our keys come from WebCrypto
  const { key, signature } = one.pair
  expect(await signedBy(key, message, signature)).toBe(one.error === '')
})

test.each(bind.cases.filter((one) => one.message_hex))('bind: $name', async (one) => {
  const message = await bindMessage(one.issuer, one.token, one.bind as { key: PublicKey; platform: string })
  expect(hex(message)).toBe(one.message_hex)
  if (one.error === 'key') return // the server's to notice: our keys come from WebCrypto
  expect(await signedBy(one.bind.key, message, one.bind.signature)).toBe(one.error === '')
})

test.each(restore.rebinds.filter((one) => one.message_hex))('rebind: $name', async (one) => {
  const message = rebindMessage(one.issuer, one.rebind as Rebind)
  expect(hex(message)).toBe(one.message_hex)
  if (one.error === 'key') return // the server's to notice: our keys come from WebCrypto
  expect(await signedBy(one.rebind.key, message, one.rebind.signature)).toBe(one.error === '')
})

test.each(restore.restores.filter((one) => one.message_hex))('N20: restore: $name', async (one) => {
  const { d: _, ...by } = restore.keys[0]!.key
  const message = restoreMessage(one as Restore)
  expect(hex(message)).toBe(one.message_hex)
  expect(await signedBy(by, message, one.signature)).toBe(one.error === '')
})

test('N20: a restore key that the core has derived signs as its public half says', async () => {
  const { key: jwk } = restore.keys[0]!
  const { d: _, ...by } = jwk
  const key = await crypto.subtle.importKey('jwk', jwk, es256, false, ['sign'])
  const message = restoreMessage(restore.restores[0] as Restore)
  expect(await signedBy(by, message, base64url(await sign(key, message)))).toBe(true)
  await expect(crypto.subtle.exportKey('jwk', key)).rejects.toThrow()
})

test.each(decide.cases.filter((one) => one.message_hex))('decide: $name', async (one) => {
  const { issuer, registration, request, nonce, kind, decision } = one
  const message = decideMessage({
    issuer,
    registration,
    request,
    nonce,
    kind,
    decision: decision.decision as Verdict,
    number: decision.number,
    digest: fromBase64url(decision.digest),
    at: decision.at,
    ...('unlock_key' in decision && { unlockKey: decision.unlock_key as PublicKey }),
  })
  expect(hex(message)).toBe(one.message_hex)
  const fits = base64url(await sha256(utf8(one.body))) === decision.digest
  expect(fits && (await signedBy(decide.key.public, message, decision.signature))).toBe(one.error === '' || one.error === 'unlock')
  if (!one.body.includes('"unlock":true') || one.error === 'signature' || one.error === 'key') return
  const brings = one.body.includes('"kind":"unlock"')
  const unlock = brings && 'unlock_key' in decision ? (decision.unlock_key as Jwk) : decide.unlock_key.public
  const unlocked = decision.unlock_signature ?? ''
  expect(await signedBy(unlock, message, unlocked)).toBe(one.error === '')
})

test('what we sign verifies', async () => {
  const jwk = { ...decide.key.public, d: decide.key.private_d }
  const key = await crypto.subtle.importKey('jwk', jwk, es256, false, ['sign'])
  const message = utf8('message')
  const signature = await sign(key, message)
  expect(signature).toHaveLength(64)
  expect(await signedBy(decide.key.public, message, base64url(signature))).toBe(true)
})

test('a letter cannot wander from one field to the next', () => {
  const key = { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' } as const
  const one = { key, name: 'phone', platform: 'x', offer: 'AB', secret: 'C' }
  expect(hex(pairMessage('i', one))).not.toBe(hex(pairMessage('i', { ...one, offer: 'A', secret: 'BC' })))
})

test('a field beyond 65,535 bytes is refused', () => {
  const key = { kty: 'EC', crv: 'P-256', x: '', y: '' } as const
  expect(() => pairMessage('i'.repeat(65_536), { key, name: '', platform: '' })).toThrow(RangeError)
})
