import { createHmac, hkdfSync, pbkdf2Sync } from 'node:crypto'
import { expect, test } from 'vitest'
import { unwrap, wrap } from '../store/ring'
import { badPin, newLocal, passkeyKey, pinKey, readPin } from './keys'

const salt = new Uint8Array(32).map((_, i) => i)
const bytes = (fill: number) => new Uint8Array(32).fill(fill)
const label = (text: string) => new TextEncoder().encode(text)

function hmac(key: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
}

/** What another implementation makes of the same text. */
function other(secret: Uint8Array, info: string): Promise<CryptoKey> {
  const raw = hkdfSync('sha256', secret, new Uint8Array(), label(info), 32)
  return crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['wrapKey', 'unwrapKey'])
}

async function same(one: CryptoKey, two: CryptoKey): Promise<boolean> {
  const data = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt', 'decrypt'])
  return unwrap(two, 'x', await wrap(one, 'x', data)).then(
    () => true,
    () => false,
  )
}

test('a PIN makes HKDF(PBKDF2(PIN, salt, 600,000) ‖ HMAC(local, salt), "countersign/lock/1")', async () => {
  const slow = pbkdf2Sync('314159', salt, 600_000, 32, 'sha256')
  const own = createHmac('sha256', bytes(7)).update(salt).digest()
  const made = await pinKey('314159', salt, await hmac(bytes(7)))
  expect(await same(made, await other(Buffer.concat([slow, own]), 'countersign/lock/1'))).toBe(true)
})

test('without the very part of this browser a PIN makes another key', async () => {
  const made = await pinKey('314159', salt, await hmac(bytes(7)))
  expect(await same(made, await pinKey('314159', salt, await hmac(bytes(8))))).toBe(false)
})

test('a passkey makes a key of its own, and its secret is wiped', async () => {
  const secret = bytes(9)
  const made = await passkeyKey(secret)
  expect(await same(made, await other(bytes(9), 'countersign/lock/passkey/1'))).toBe(true)
  expect(secret).toEqual(bytes(0))
})

test('none of the keys can be read', async () => {
  const local = await newLocal()
  for (const key of [local, await pinKey('314159', salt, local), await passkeyKey(bytes(1))]) {
    expect(key.extractable).toBe(false)
    await expect(crypto.subtle.exportKey('raw', key)).rejects.toThrow()
  }
})

test('a wrapped key opens under its own name only', async () => {
  const under = await passkeyKey(bytes(1))
  const data = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt', 'decrypt'])
  const wrapped = await wrap(under, 'x', data)
  await expect(unwrap(under, 'y', wrapped)).rejects.toThrow()
})

test('N6: a PIN has at least six digits and is not the first that anybody would try', () => {
  expect(['', '12345', '90210'].map(badPin)).toEqual(['short', 'short', 'short'])
  expect(['000000', '123456', '9876543', '11111111'].map(badPin)).toEqual(['plain', 'plain', 'plain', 'plain'])
  expect(['12345a', '-123456', '1234 56'].map(badPin)).toEqual(['digits', 'digits', 'digits'])
  expect(badPin('3'.repeat(16) + '14'.repeat(9))).toBe('long')
  expect(['314159', '112233', '135790'].map(badPin)).toEqual([undefined, undefined, undefined])
  expect(readPin(' ３１４１５９ ')).toBe('314159')
})
