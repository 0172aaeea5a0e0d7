import { StoreTrouble } from '../store/trouble'

/** Why a call to a server brought nothing. `closed` carries how the request
 *  ended; `refused` the server's own code; `stranger` gave an answer that no
 *  server of ours gives; `storage` is this phone's own, and nothing was sent;
 *  nor was it when the app has no lock (`nolock`) or no unlock key (`nokey`), or
 *  the person did not open the lock (`kept`). */
export type Reason =
  | { why: 'offline' }
  | { why: 'unreachable' }
  | { why: 'removed' }
  | { why: 'clock' }
  | { why: 'busy'; after: number }
  | { why: 'closed'; state: string }
  | { why: 'refused'; code: string; status: number; detail: Record<string, unknown> }
  | { why: 'stranger' }
  | { why: 'storage' }
  | { why: 'nolock' | 'nokey' | 'kept' }

/** A Reason that travels as an error. */
export class Trouble extends Error {
  readonly reason: Reason
  constructor(reason: Reason) {
    super(reason.why)
    this.name = 'Trouble'
    this.reason = reason
  }
}

/** The reason of whatever was thrown; what we cannot name is thrown on. */
export function reasonOf(thrown: unknown): Reason {
  if (thrown instanceof Trouble) return thrown.reason
  if (thrown instanceof StoreTrouble) return { why: 'storage' }
  throw thrown
}

/** A call that never came to an answer: without a network, or without that server. */
export function unanswered(): Trouble {
  return new Trouble({ why: navigator.onLine === false ? 'offline' : 'unreachable' })
}

/** Reads what a server says when it does not say yes. `fallback` seconds stand
 *  in for a missing Retry-After. */
export async function readTrouble(response: Response, fallback = 5): Promise<Trouble> {
  const body = await problem(response)
  const code = typeof body.error === 'string' ? body.error : ''
  if (response.status === 401 && code === 'removed') return new Trouble({ why: 'removed' })
  if (response.status === 401 && code === 'skew') return new Trouble({ why: 'clock' })
  if (response.status === 429 || response.status === 503) {
    return new Trouble({ why: 'busy', after: retryAfter(response, body) ?? fallback })
  }
  if (response.status === 410 && code === 'closed') {
    return new Trouble({ why: 'closed', state: String(body.state ?? '') })
  }
  if (response.status >= 500 && code !== 'storage_full') return new Trouble({ why: 'unreachable' }) // a broken server may have heard us, or not
  if (code === '') return new Trouble({ why: 'stranger' })
  return new Trouble({ why: 'refused', code, status: response.status, detail: body })
}

async function problem(response: Response): Promise<Record<string, unknown>> {
  try {
    const body: unknown = await response.json()
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function retryAfter(response: Response, body: Record<string, unknown>): number | undefined {
  const header = Number(response.headers.get('Retry-After') ?? NaN)
  const seconds = Number.isFinite(header) ? header : Number(body.retry_after ?? NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 3600) : undefined
}
