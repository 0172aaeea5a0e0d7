/** Bytes that WebCrypto takes: never a view on shared memory. */
export type Bytes = Uint8Array<ArrayBuffer>

/** The UTF-8 form of a text. */
export function utf8(text: string): Bytes {
  return new TextEncoder().encode(text)
}

/** base64 as HTTP structured fields write it: standard alphabet, padded. */
export function base64(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}

/** base64url without padding, as everything in the device API. */
export function base64url(bytes: Uint8Array): string {
  return base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** Reads base64url without padding. Throws on any other symbol and on loose
 *  last bits, so that one value has one spelling. */
export function fromBase64url(text: string): Bytes {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new RangeError('not base64url')
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = Uint8Array.from(binary, (symbol) => symbol.charCodeAt(0))
  if (base64url(bytes) !== text) throw new RangeError('not base64url')
  return bytes
}

/** SHA-256. */
export async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
}

/** `n` random bytes from the platform. */
export function random(n: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(n))
}
