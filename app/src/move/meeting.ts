/** Where two devices meet on a server, and what the QR code that leads there says
 *  (docs/move-format.md, section 4). */
import { checkSymbol, readCode, type Typed } from '../pair/code'
import { readIssuer } from '../pair/link'
import { sha256, utf8, type Bytes } from '../remote/bytes'

export type Meeting = { server: string; code: string }

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const symbols = 19

/** The code of the meeting for an invitation: the beginning of its SHA-256, so that a
 *  server cannot give out another, and a check symbol. */
export async function codeOf(invitation: Bytes): Promise<string> {
  const sum = await sha256(invitation)
  let code = ''
  for (let i = 0; i < symbols; i++) {
    const bit = 5 * i
    const two = ((sum[bit >> 3] ?? 0) << 8) | (sum[(bit >> 3) + 1] ?? 0)
    code += alphabet.charAt((two >> (11 - (bit % 8))) & 31)
  }
  return code + checkSymbol(code)
}

/** Reads a code that was typed where no camera can see the QR code. */
export function typedCode(text: string): Typed {
  return readCode(text, symbols + 1)
}

/** What the QR code says. */
export function messageOf({ server, code }: Meeting): Bytes {
  return utf8(JSON.stringify({ move: 1, meeting: { server, code } }))
}

/** Reads a message that was scanned; undefined if it leads to no meeting. */
export function readMeeting(message: Bytes): Meeting | undefined {
  const { move, meeting } = object(message)
  if (move !== 1 || typeof meeting !== 'object' || meeting === null) return undefined
  const { server, code } = meeting as Record<string, unknown>
  if (typeof server !== 'string' || typeof code !== 'string') return undefined
  const good = readIssuer(server) === server && /^[0-9A-HJKMNP-TV-Z]{20}$/.test(code) && checkSymbol(code.slice(0, -1)) === code.at(-1)
  return good ? { server, code } : undefined
}

function object(message: Bytes): Record<string, unknown> {
  try {
    const read: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(message))
    return typeof read === 'object' && read !== null ? (read as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
