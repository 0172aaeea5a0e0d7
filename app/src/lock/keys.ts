/** The keys that wrap the data key while the app is locked (docs/design/app.md,
 *  "The app lock"). All of it is WebCrypto: nothing has to be fetched or compiled
 *  before the lock opens. */
import type { Bytes } from '../store/ring'

/** What a PIN costs whoever tries them one by one: rounds of PBKDF2. */
const rounds = 600_000

/** A PIN has at least so many digits (N6). */
export const leastDigits = 6
export const mostDigits = 32

/** The key that a PIN makes together with this browser's own part:
 *  HKDF(PBKDF2(PIN, salt) ‖ HMAC(local, salt), "countersign/lock/1"). */
export async function pinKey(pin: string, salt: Bytes, local: CryptoKey): Promise<CryptoKey> {
  const password = await crypto.subtle.importKey('raw', utf8(pin), 'PBKDF2', false, ['deriveBits'])
  const [slow, own] = await Promise.all([
    crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations: rounds }, password, 256),
    crypto.subtle.sign('HMAC', local, salt),
  ])
  const both = new Uint8Array(64)
  both.set(new Uint8Array(slow))
  both.set(new Uint8Array(own), 32)
  return expand(both, 'countersign/lock/1')
}

/** The key that a passkey's answer makes. */
export function passkeyKey(answer: Bytes): Promise<CryptoKey> {
  return expand(answer, 'countersign/lock/passkey/1')
}

/** HKDF-SHA-256 without salt, to a key that wraps. The secret is wiped. */
async function expand(secret: Bytes, label: string): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey'])
  secret.fill(0)
  const how = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: utf8(label) }
  return crypto.subtle.deriveKey(how, material, { name: 'AES-GCM', length: 256 }, false, ['wrapKey', 'unwrapKey'])
}

/** This browser's part of a PIN's key: used here, never read. */
export function newLocal(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256', length: 256 }, false, ['sign'])
}

export function newSalt(): Bytes {
  return crypto.getRandomValues(new Uint8Array(32))
}

/** Why something is no PIN, if it is none: `short`, `long`, with something else
 *  than digits in it, or the first that anybody would try. */
export type BadPin = 'short' | 'long' | 'digits' | 'plain'

export function badPin(pin: string): BadPin | undefined {
  if (!/^[0-9]*$/.test(pin)) return 'digits'
  if (pin.length < leastDigits) return 'short'
  if (pin.length > mostDigits) return 'long'
  return isPlain(pin) ? 'plain' : undefined
}

/** 111111, 123456, 876543. */
function isPlain(pin: string): boolean {
  const steps = new Set([...pin].slice(1).map((digit, i) => Number(digit) - Number(pin[i])))
  const [step = 0] = steps
  return steps.size === 1 && Math.abs(step) <= 1
}

/** Full-width digits are digits. */
export function readPin(typed: string): string {
  return typed.normalize('NFKC').trim()
}

function utf8(text: string): Bytes {
  return new TextEncoder().encode(text)
}
