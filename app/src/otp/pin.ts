/** Codes that need a PIN besides the secret: Yandex and mOTP. What stands here
 *  is what their programs do; the same as `otp/pin.go`, held to the same vectors. */
import { decode } from './base32'
import { md5 } from './md5'
import type { Recipe } from './otp'

/** The code of a step, of a recipe with a PIN. */
export async function codeWithPin(recipe: Recipe, step: number | bigint): Promise<string> {
  const secret = decode(recipe.secret)
  return recipe.type === 'motp' ? motp(secret, recipe.pin ?? '', step) : yandex(secret, recipe.pin ?? '', step)
}

/** The beginning of an MD5 over step, secret and PIN as text. */
function motp(secret: Uint8Array, pin: string, step: number | bigint): string {
  return hex(md5(new TextEncoder().encode(String(step) + hex(secret) + pin))).slice(0, 6)
}

/** 63 bits of an HMAC under the hash of PIN and secret, as eight letters. A hash
 *  that begins with 0 loses that byte. */
async function yandex(secret: Uint8Array, pin: string, step: number | bigint): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', joined(new TextEncoder().encode(pin), secret)))
  const raw = digest[0] === 0 ? digest.slice(1) : digest
  const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const count = new DataView(new ArrayBuffer(8))
  count.setBigUint64(0, BigInt(step))
  const mac = new DataView(await crypto.subtle.sign('HMAC', key, count))
  return letters(mac.getBigUint64(mac.getUint8(31) & 15) & 0x7fff_ffff_ffff_ffffn)
}

function letters(number: bigint): string {
  let text = ''
  for (let i = 0; i < 8; i++) {
    text = String.fromCharCode(97 + Number(number % 26n)) + text
    number /= 26n
  }
  return text
}

/** The 16 bytes that make codes, of a secret as it is scanned (16 bytes) or as
 *  it is typed: 26 bytes, which end in a checksum. Nothing if it is neither. */
export function yandexSecret(secret: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | undefined {
  const whole = secret.length === 26 && checksumHolds(secret)
  return whole || secret.length === 16 ? secret.slice(0, 16) : undefined
}

/** All but the last 12 bits, divided by the polynomial 0x18F3, leave those. */
function checksumHolds(secret: Uint8Array): boolean {
  const at = (i: number) => secret[i] ?? 0
  let rest = 0
  for (let i = 0; i < secret.length * 8 - 12; i++) {
    rest = (rest << 1) | ((at(i >> 3) >> (7 - (i & 7))) & 1)
    if (rest & 0x1000) rest ^= 0x18f3
  }
  return rest === (((at(secret.length - 2) & 15) << 8) | at(secret.length - 1))
}

/** A PIN that Yandex takes: up to 16 digits. */
export function isYandexPin(pin: string): boolean {
  return /^\d{1,16}$/.test(pin)
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
