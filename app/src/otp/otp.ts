/** One-time codes by WebCrypto: HOTP (RFC 4226), TOTP (RFC 6238), Steam. The
 *  two with a PIN are rare and come when they are wanted (`pin.ts`). */
import type { Algorithm, CodeType } from '../store/vault'
import { decode } from './base32'

const hashes: Partial<Record<Algorithm, string>> = { SHA1: 'SHA-1', SHA256: 'SHA-256', SHA512: 'SHA-512' }
const steamLetters = '23456789BCDFGHJKMNPQRTVWXY'

/** What a code is made of. The secret is base32. */
export type Recipe = { type: CodeType; secret: string; algorithm: Algorithm; digits: number; pin?: string | undefined }

const imported = new Map<string, Promise<CryptoKey>>()

/** The code for a counter; for codes by the clock the counter is `stepAt`. */
export async function codeFor(recipe: Recipe, counter: number | bigint): Promise<string> {
  if (recipe.type === 'yandex' || recipe.type === 'motp') return (await import('./pin')).codeWithPin(recipe, counter)
  const mac = new DataView(await crypto.subtle.sign('HMAC', await hmacKey(recipe), bigEndian(counter)))
  const offset = mac.getUint8(mac.byteLength - 1) & 15
  const number = mac.getUint32(offset) & 0x7fffffff // dynamic truncation, RFC 4226 §5.3
  return recipe.type === 'steam' ? letters(number) : decimal(number, recipe.digits)
}

/** Which period of `period` seconds an instant (milliseconds since 1970) lies in. */
export function stepAt(at: number, period: number): number {
  return Math.floor(at / 1000 / period)
}

/** Importing a key costs as much as using it, so it is kept while the page lives. */
function hmacKey({ secret, algorithm }: Recipe): Promise<CryptoKey> {
  const name = `${algorithm} ${secret}`
  let key = imported.get(name)
  if (!key) {
    key = crypto.subtle.importKey('raw', decode(secret), { name: 'HMAC', hash: hashes[algorithm] ?? '' }, false, ['sign'])
    imported.set(name, key)
  }
  return key
}

/** Eight bytes; counters pass 2^32 (RFC 6238 §4.2). */
function bigEndian(counter: number | bigint): DataView<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, BigInt(counter))
  return view
}

function decimal(number: number, digits: number): string {
  return String(number % 10 ** digits).padStart(digits, '0')
}

function letters(number: number): string {
  let text = ''
  for (let i = 0; i < 5; i++) {
    text += steamLetters[number % steamLetters.length]
    number = Math.floor(number / steamLetters.length)
  }
  return text
}
