/** What a QR code or a pasted text is. The app adds accounts from two kinds; of
 *  everything else it says what it is, so that nobody wonders. */
import { readURI, Refused, type Refusal, type Said } from '../otp/uri'

export type What =
  /** An account of another site. */
  | { kind: 'account'; said: Said }
  /** A pairing link of a sign-in service; `route` is its part behind "#". */
  | { kind: 'pairing'; route: string }
  /** Meant as an account, but not one we can use. */
  | { kind: 'refused'; why: Refusal }
  /** Several accounts: the import takes them. */
  | { kind: 'google-transfer' }
  /** A code that a new phone shows, to get everything from this one. */
  | { kind: 'move' }
  | { kind: 'microsoft' }
  | { kind: 'web'; host: string }
  | { kind: 'app'; scheme: string }
  | { kind: 'wifi' | 'contact' | 'mail' | 'phone' | 'message' | 'place' | 'event' | 'passkey' | 'money' | 'ticket' | 'text' }

/** Each kind by how its text begins (upper or lower case). */
const beginnings: [RegExp, Exclude<What, { said: Said } | { route: string } | { why: Refusal } | { host: string } | { scheme: string }>['kind']][] = [
  [/^otpauth-migration:/i, 'google-transfer'],
  [/^CSM\d:/, 'move'],
  [/^(phonefactor|msauth|ms-msa):/i, 'microsoft'],
  [/^WIFI:/i, 'wifi'],
  [/^(BEGIN:VCARD|MECARD:|BIZCARD:)/i, 'contact'],
  [/^(mailto:|MATMSG:|SMTP:)/i, 'mail'],
  [/^tel:/i, 'phone'],
  [/^(sms|smsto|mms|mmsto):/i, 'message'],
  [/^geo:/i, 'place'],
  [/^(BEGIN:VEVENT|BEGIN:VCALENDAR)/i, 'event'],
  [/^FIDO:\//i, 'passkey'],
  [/^(bitcoin|ethereum|lightning|upi):|^(000201|BCD\n|SPC\r?\n)/i, 'money'],
  [/^M1[A-Z].{20}/, 'ticket'],
]

/** Counters beyond this are not ours: we could not count on from there. */
const mostCounted = BigInt(Number.MAX_SAFE_INTEGER)

/** Says what a text is. */
export function whatIs(text: string): What {
  const trimmed = text.trim()
  for (const [beginning, kind] of beginnings) if (beginning.test(trimmed)) return { kind }
  return account(trimmed) ?? address(trimmed) ?? { kind: 'text' }
}

function account(text: string): What | undefined {
  try {
    const said = readURI(text)
    return said.counter > mostCounted ? { kind: 'refused', why: 'counter' } : { kind: 'account', said }
  } catch (thrown) {
    if (!(thrown instanceof Refused)) throw thrown
    return thrown.why === 'not_uri' ? undefined : { kind: 'refused', why: thrown.why }
  }
}

function address(text: string): What | undefined {
  const scheme = /^([a-z][a-z0-9+.-]{1,40}):\S+$/i.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined) return undefined
  if (scheme !== 'https' && scheme !== 'http') return { kind: 'app', scheme }
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  if (isPairing(url)) return { kind: 'pairing', route: url.hash.slice(1) }
  return { kind: 'web', host: url.host }
}

/** `…/#pair?i=…&o=…&s=…` on any server's app origin: the link names its issuer itself. */
function isPairing(url: URL): boolean {
  if (!url.hash.startsWith('#pair?')) return false
  const given = new URLSearchParams(url.hash.slice('#pair?'.length))
  return given.has('i') && given.has('o') && given.has('s')
}
