/** HTTP Message Signatures (RFC 9421), the one form this protocol knows: label
 *  `cs`, method and target, with a body also its digest and type, and exactly
 *  five parameters. Anything else the server refuses. */
import { base64, base64url, random, sha256, utf8, type Bytes } from './bytes'
import { sign } from './message'

/** What is covered. `url` is the whole address, as the server knows itself; a
 *  body without a `type` is JSON. */
export type Target = { method: string; url: string; body?: Bytes; type?: string }

/** The parameters that differ from request to request. `created` counts whole
 *  seconds since 1970 on the server's clock. */
export type Parameters = { created: number; nonce: string; keyid: string }

const tag = 'countersign-device-1'
export const json = 'application/json'

/** The text that is signed (RFC 9421 §2.5) and its last line, the parameters. */
export async function base(target: Target, parameters: Parameters): Promise<{ text: string; input: string }> {
  const lines: [string, string][] = [
    ['@method', target.method],
    ['@target-uri', target.url],
  ]
  if (target.body) {
    lines.push(['content-digest', await digest(target.body)], ['content-type', target.type ?? json])
  }
  const names = lines.map(([name]) => `"${name}"`).join(' ')
  const { created, nonce, keyid } = parameters
  const input = `(${names});created=${created};nonce="${nonce}";keyid="${keyid}";alg="ecdsa-p256-sha256";tag="${tag}"`
  const covered = lines.map(([name, value]) => `"${name}": ${value}\n`).join('')
  return { text: `${covered}"@signature-params": ${input}`, input }
}

/** The headers that make `target` a request of the registration `keyid`. */
export async function headers(
  target: Target,
  keyid: string,
  key: CryptoKey,
  now: number,
): Promise<Record<string, string>> {
  const parameters = { created: Math.floor(now / 1000), nonce: base64url(random(16)), keyid }
  const { text, input } = await base(target, parameters)
  const signature = base64(await sign(key, utf8(text)))
  const signed = { 'Signature-Input': `cs=${input}`, Signature: `cs=:${signature}:` }
  if (!target.body) return signed
  return { ...signed, 'Content-Digest': await digest(target.body), 'Content-Type': target.type ?? json }
}

/** Content-Digest of RFC 9530. */
async function digest(body: Bytes): Promise<string> {
  return `sha-256=:${base64(await sha256(body))}:`
}
