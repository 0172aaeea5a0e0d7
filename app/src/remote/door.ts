/** The door to one server: signed requests of one registration, and their
 *  answers or the reason why there is none. No state but the server's clock;
 *  the page and the push worker both go through here. */
import { utf8, type Bytes } from './bytes'
import type { Clock } from './clock'
import { headers, type Target } from './signature'
import { readTrouble, Trouble, unanswered } from './trouble'

/** One registration, ready to speak. */
export type Door = { issuer: string; registration: string; key: CryptoKey; clock: Clock }

export type Call = {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** Path and query below the issuer. */
  path: string
  body?: unknown
  /** In place of a body: bytes, and what they are. */
  file?: { bytes: Bytes; type: string }
  /** What stands beside the signature. */
  headers?: Record<string, string>
  /** Ends the call; without one it ends after ten seconds. */
  signal?: AbortSignal
}

const largest = 64 * 1024

/** Knocks and gives the answer, whatever its length; streams are read by the
 *  caller. A refusal becomes a Trouble. When the server says that our time is
 *  off, the call is made once more by its clock. */
export async function open(door: Door, call: Call): Promise<Response> {
  try {
    return await once(door, call)
  } catch (thrown) {
    if (!(thrown instanceof Trouble) || thrown.reason.why !== 'clock') throw thrown
    return once(door, call)
  }
}

/** The exact bytes of an answer. */
export async function bytes(door: Door, call: Call): Promise<Bytes> {
  const response = await open(door, call)
  return readBytes(response)
}

/** An answer as JSON. What it means is for the caller to check. */
export async function ask(door: Door, call: Call): Promise<unknown> {
  return parse(await bytes(door, call))
}

/** Reads a body of at most 64 KiB, or of what else is the most. */
export async function readBytes(response: Response, most = largest): Promise<Bytes> {
  const body = await response.arrayBuffer().catch(() => {
    throw unanswered()
  })
  if (body.byteLength > most) throw new Trouble({ why: 'stranger' })
  return new Uint8Array(body)
}

/** JSON or, from something that is no Countersign server, Trouble. */
export function parse(body: Bytes): unknown {
  try {
    return body.length === 0 ? undefined : JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw new Trouble({ why: 'stranger' })
  }
}

/** One request without a signature: pairing and what anyone may read. */
export async function plain(url: string, init: RequestInit, clock: Clock): Promise<Response> {
  const sent = Date.now()
  const response = await fetch(url, { ...quiet, ...init }).catch(() => {
    throw unanswered()
  })
  clock.learn(sent, Date.now(), response.headers.get('Date'))
  if (!response.ok) throw await readTrouble(response)
  return response
}

/** No cookie, no cache, no redirect, no trace of where we were. */
const quiet = {
  credentials: 'omit',
  cache: 'no-store',
  redirect: 'error',
  referrerPolicy: 'no-referrer',
  mode: 'cors',
} as const satisfies RequestInit

async function once(door: Door, call: Call): Promise<Response> {
  const { method, path, file } = call
  const body = call.body === undefined ? file?.bytes : utf8(JSON.stringify(call.body))
  const target: Target = { method, url: door.issuer + path, ...(body && { body }), ...(file && { type: file.type }) }
  const signed = await headers(target, door.registration, door.key, door.clock.now())
  const signal = call.signal ?? AbortSignal.timeout(10_000)
  return plain(target.url, { method, headers: { ...signed, ...call.headers }, signal, ...(body && { body }) }, door.clock)
}
