/** What a pairing QR code says: an address on an app's origin with everything
 *  behind `#`, so that opening it sends nothing anywhere. */

/** By what an offer is taken: the QR code's secret, or the typed code. */
export type Offer = { issuer: string } & ({ offer: string; secret: string } | { code: string })

/** Reads a scanned or pasted text; undefined if it is no pairing link. The app's
 *  origin in it does not matter: any app can take any server's offer. */
export function readPairLink(text: string): Offer | undefined {
  const at = text.indexOf('#pair?')
  if (at < 0 || !/^https?:\/\//i.test(text.trim())) return undefined
  return readPairQuery(new URLSearchParams(text.trim().slice(text.trim().indexOf('#pair?') + '#pair?'.length)))
}

/** Reads the part behind `#pair?`. */
export function readPairQuery(query: URLSearchParams): Offer | undefined {
  const issuer = readIssuer(query.get('i') ?? '')
  const offer = query.get('o') ?? ''
  const secret = query.get('s') ?? ''
  if (!issuer || !token(offer) || !token(secret)) return undefined
  return { issuer, offer, secret }
}

/** An issuer exactly as it signs: https, or http on this very computer; no name
 *  and password, no query, no slash at the end. */
export function readIssuer(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || url.username || url.password || url.search || url.hash) return undefined
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isHere(url.hostname))) return undefined
  const issuer = url.href.replace(/\/$/, '')
  return issuer === text ? issuer : undefined
}

/** An issuer from what a person types: `id.aoba.example` will do. */
export function typedIssuer(text: string): string | undefined {
  const typed = text.normalize('NFKC').trim().replace(/\/+$/, '')
  if (typed === '' || /\s/.test(typed)) return undefined
  const whole = /^https?:\/\//i.test(typed) ? typed : `${isHere(typed.replace(/:\d+$/, '')) ? 'http' : 'https'}://${typed}`
  const url = URL.canParse(whole) ? new URL(whole) : undefined
  return url ? readIssuer(url.href.replace(/\/$/, '')) : undefined
}

/** The name under which a person knows a server. */
export function hostOf(issuer: string): string {
  return new URL(issuer).host
}

function isHere(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]' || hostname.endsWith('.localhost')
}

function token(text: string): boolean {
  return /^[A-Za-z0-9_-]{16,64}$/.test(text)
}
